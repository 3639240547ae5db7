import { hash } from 'node:crypto'

/** A SHA-256 value: always 32 bytes. */
export type Hash = Uint8Array

export const hashBytes = 32

/** SHA-256 of nothing: the root of a tree without leaves (RFC 9162, 2.1.1). */
export const emptyRoot: Hash = hash('sha256', '', 'buffer')

// A hash that comes as a string and becomes bytes costs half of one that comes as a buffer of its own.
const sha256 = (input: Uint8Array): Hash => Buffer.from(hash('sha256', input, 'binary'), 'binary')

/** SHA-256(0x00 ‖ entry). The prefix keeps a leaf from passing for a node. */
export function leafHash(entry: Uint8Array): Hash {
  const input = Buffer.allocUnsafe(entry.length + 1)
  input[0] = 0
  input.set(entry, 1)
  return sha256(input)
}

// One scratch buffer: hashing is synchronous, and nodes are hashed by the million.
const pair = Buffer.alloc(1 + 2 * hashBytes)
pair[0] = 1

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  pair.set(left, 1)
  pair.set(right, 1 + hashBytes)
  return sha256(pair)
}

/** The same of hashes as strings of one character a byte, which take less memory and less time. */
export function nodeText(left: string, right: Hash | string): string {
  pair.write(left, 1, 'latin1')
  if (typeof right === 'string') pair.write(right, 1 + hashBytes, 'latin1')
  else pair.set(right, 1 + hashBytes)
  return hash('sha256', pair, 'binary')
}

export const isHash = (value: Uint8Array): boolean => value.length === hashBytes

export const equalBytes = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
