import type { SerializedError } from '../../../src-protocol/app-error.ts'

/** Between the application and a thread of its own: calls, their results, and calls back to functions that were among their inputs. */
export type ToThread =
  { type: 'call'; id: number; name: string; input: unknown[] } | { type: 'answer'; id: number; outcome: Outcome } | { type: 'close' }

export type FromThread =
  | { type: 'ready' }
  /** it ends: the library cannot be opened */
  | { type: 'unopened'; error: SerializedError }
  | { type: 'result'; id: number; outcome: Outcome }
  /** `call` is the id of the call whose input number `place` is the function */
  | { type: 'ask'; id: number; call: number; place: number; input: unknown[] }

export type Outcome = { ok: true; value: unknown } | { ok: false; error: SerializedError }

/** Stands for a function among the inputs of a call. */
export const functionMark = '\u0000function'
