import { errors, type ErrorCode } from './errors.ts'

export type ErrorData = Readonly<Record<string, string | number>>

/** What crosses a process boundary: never a stack, never a cause. */
export interface SerializedError {
  code: ErrorCode
  message: string
  remedy: string
  data: ErrorData
}

/** A failure with a stable code from the error table. The cause stays in the log of the process it happened in. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly data: ErrorData

  constructor(code: ErrorCode, data: ErrorData = {}, options?: { cause?: unknown }) {
    super(fill(errors[code][1], data), options)
    this.name = 'AppError'
    this.code = code
    this.data = data
  }

  get status(): number {
    return errors[this.code][0]
  }

  get remedy(): string {
    return fill(errors[this.code][2], this.data)
  }

  toJSON(): SerializedError {
    return { code: this.code, message: this.message, remedy: this.remedy, data: this.data }
  }

  /** Rebuilds an error that another process serialized; an unknown code becomes INTERNAL. */
  static from(serialized: { code?: unknown; data?: unknown }): AppError {
    const { code, data } = serialized
    if (typeof code === 'string' && Object.hasOwn(errors, code)) {
      return new AppError(code as ErrorCode, (data ?? {}) as ErrorData)
    }
    return new AppError('INTERNAL', { where: 'the other side', reference: typeof code === 'string' ? code : 'unknown' })
  }
}

function fill(template: string, data: ErrorData): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in data ? String(data[name]) : whole))
}
