import type { Call } from '../../src-protocol/model.ts'

export const keptCalls = 500

/** The latest calls of a live session, oldest first; what is older is in the recording. */
export class CallList {
  readonly #calls: Call[] = []
  readonly #changed: (call: Call) => void

  constructor(changed: (call: Call) => void) {
    this.#changed = changed
  }

  add(call: Call): Call {
    this.#calls.push(call)
    // in halves, so that a long session does not move the list at every call
    if (this.#calls.length > keptCalls * 2) this.#calls.splice(0, keptCalls)
    this.#changed(call)
    return call
  }

  change(call: Call, change: Partial<Call>): void {
    Object.assign(call, change)
    this.#changed(call)
  }

  list(): Call[] {
    return this.#calls.slice(-keptCalls).map(copyOf)
  }

  /** Those of the time before the gateway was started again. */
  restore(calls: readonly Call[]): void {
    this.#calls.unshift(...calls)
  }

  latest(count: number): Call[] {
    return this.#calls.slice(-count).map(copyOf)
  }
}

/** The rows change while the call runs. */
const copyOf = (call: Call): Call => ({ ...call })
