import { leafHash, type Hash } from '../log/merkle-hash.ts'

/** Leaf of one record in its session's tree: SHA-256(0x00 ‖ the stored line without its LF). Stored bytes, never a new serialization. */
export const recordLeaf: (line: Uint8Array) => Hash = leafHash
