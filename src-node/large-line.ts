import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Hash } from '../src-core/log/merkle-hash.ts'

/** A record whose message is so large that its line is never put together: it is hashed and written piece by piece. */
export interface LargeLine {
  /** before the body · the body as a JSON string · after it, with the LF */
  pieces: readonly [Uint8Array, Uint8Array, Uint8Array]
  bytes: number
}

const emptyBody = '"body":""'

/** @param text the record as JSON, its `body` empty. Quotes inside strings are escaped, so the first such place is the body's. */
export function largeLine(text: string, body: Uint8Array): LargeLine {
  const at = text.indexOf(emptyBody)
  if (at < 0) throw new TypeError('the record has no empty body')
  const before = Buffer.from(text.slice(0, at + emptyBody.length - 2))
  const after = Buffer.from(`${text.slice(at + emptyBody.length)}\n`)
  return { pieces: [before, body, after], bytes: before.length + body.length + after.length }
}

export function* slicesOf({ pieces }: LargeLine, bytes: number): Generator<Uint8Array> {
  for (const piece of pieces) for (let at = 0; at < piece.length; at += bytes) yield piece.subarray(at, at + bytes)
}

const hashedAtOnce = 1024 * 1024

/** The line's leaf (see `recordLeaf`). Whoever else waits for the event loop gets a turn after each slice. */
export async function leafOfLargeLine({ pieces: [before, body, after] }: LargeLine): Promise<Hash> {
  const hash = createHash('sha256').update(new Uint8Array([0]))
  const withoutLineFeed: LargeLine = { pieces: [before, body, after.subarray(0, -1)], bytes: 0 }
  for (const slice of slicesOf(withoutLineFeed, hashedAtOnce)) {
    hash.update(slice)
    await setImmediate()
  }
  return hash.digest()
}
