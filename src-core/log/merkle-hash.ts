import { hash } from 'node:crypto'

/** A SHA-256 value: always 32 bytes. */
export type Hash = Uint8Array

export const hashBytes = 32

/** SHA-256 of nothing: the root of a tree without leaves (RFC 9162, 2.1.1). */
export const emptyRoot: Hash = hash('sha256', '', 'buffer')

/** SHA-256(0x00 ‖ entry). The prefix keeps a leaf from passing for a node. */
export function leafHash(entry: Uint8Array): Hash {
  const input = Buffer.allocUnsafe(entry.length + 1)
  input[0] = 0
  input.set(entry, 1)
  return hash('sha256', input, 'buffer')
}

// One scratch buffer: hashing is synchronous, and nodes are hashed by the million.
const pair = Buffer.alloc(1 + 2 * hashBytes)
pair[0] = 1

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  pair.set(left, 1)
  pair.set(right, 1 + hashBytes)
  return hash('sha256', pair, 'buffer')
}

export const isHash = (value: Uint8Array): boolean => value.length === hashBytes

export const equalBytes = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
