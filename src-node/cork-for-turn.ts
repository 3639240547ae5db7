import type { Writable } from 'node:stream'

/**
 * What is written in this turn of the event loop leaves together: what the sockets of many clients brought takes one system call, and wakes the other end
 * once. The turn ends before the next input is waited for: nothing waits for it.
 */
export function corkForTurn(stream: Pick<Writable, 'cork' | 'uncork' | 'writableCorked'>): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  setImmediate(() => stream.uncork())
}
