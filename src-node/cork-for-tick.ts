import type { Writable } from 'node:stream'

/**
 * What is written in this tick leaves together: one system call instead of one for each write. An answer is three frames (head, message,
 * end), so this is most of what a small call costs. Ticks end before the next input is read: nothing waits for it.
 */
export function corkForTick(stream: Pick<Writable, 'cork' | 'uncork' | 'writableCorked'>): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  process.nextTick(() => stream.uncork())
}
