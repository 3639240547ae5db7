import type { TransparencyLog } from '../../src-node/log-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'

/** The same log; the first entry that it cannot write is told to whoever must stop the traffic then. */
export function guardLog(log: TransparencyLog, onUnavailable: (error: AppError) => void): TransparencyLog {
  const append: TransparencyLog['append'] = async (draft) => {
    try {
      return await log.append(draft)
    } catch (error) {
      if (error instanceof AppError && error.code === 'LOG_UNAVAILABLE') onUnavailable(error)
      throw error
    }
  }
  return Object.create(log, { append: { value: append } }) as TransparencyLog
}
