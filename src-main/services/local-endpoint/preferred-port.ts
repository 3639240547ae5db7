import { createHash } from 'node:crypto'

const first = 27_421
const count = 1000

/** The port that a connection's endpoint has on every start, so that a client's configuration keeps fitting; if it is free. */
export function preferredPort(connection: string): number {
  return first + (createHash('sha256').update(connection).digest().readUInt32BE(0) % count)
}
