/** C2SP tlog-cosignature, Ed25519: a witness says that at a time it saw this checkpoint, and that it continues every one that it had seen before. */
import { sign, verify, type KeyObject } from 'node:crypto'
import { base64Of } from './base64.ts'
import { equalBytes } from './merkle-hash.ts'
import {
  cosignatureType,
  formatVerifierKey,
  keyIdBytes,
  parseVerifierKey,
  publicKeyObject,
  splitNote,
  verifierKeyOf,
} from './signed-note.ts'
import type { ParsedVerifierKey, VerifierKey } from './signed-note.ts'

const timeBytes = 8

export const witnessKeyOf = (name: string, key: KeyObject): VerifierKey => verifierKeyOf(name, key, cosignatureType)
export const formatWitnessKey = (key: VerifierKey): string => formatVerifierKey(key, cosignatureType)
export const parseWitnessKey = (text: string): ParsedVerifierKey => parseVerifierKey(text, cosignatureType)

const messageOf = (seconds: bigint, text: string): Buffer => Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)

/** The line that a witness puts under a checkpoint's text (with its final LF). */
export function cosign(text: string, name: string, privateKey: KeyObject, at: Date): string {
  const seconds = BigInt(Math.floor(at.getTime() / 1000))
  const time = Buffer.alloc(timeBytes)
  time.writeBigUInt64BE(seconds)
  const { id } = witnessKeyOf(name, privateKey)
  return `— ${name} ${base64Of(Buffer.concat([id, time, sign(null, messageOf(seconds, text), privateKey)]))}\n`
}

export interface Cosignature {
  witness: string
  at: Date
}

/** The cosignatures of a note by these witnesses that hold. Those of others are ignored, and so are those that do not hold. */
export function openCosignatures(note: string, witnesses: readonly VerifierKey[]): Cosignature[] {
  const parts = splitNote(note)
  if (!parts) return []
  return witnesses.flatMap((witness): Cosignature[] => {
    const publicKey = publicKeyObject(witness)
    const times = parts.signatures.flatMap(({ name, bytes }) => {
      const mine = name === witness.name && bytes.length > keyIdBytes + timeBytes && equalBytes(bytes.subarray(0, keyIdBytes), witness.id)
      if (!mine || !publicKey) return []
      const seconds = Buffer.from(bytes).readBigUInt64BE(keyIdBytes)
      const holds = verify(null, messageOf(seconds, parts.text), publicKey, bytes.subarray(keyIdBytes + timeBytes))
      return holds && seconds <= 8_640_000_000_000n ? [new Date(Number(seconds) * 1000)] : []
    })
    const newest = times.toSorted((one, other) => one.getTime() - other.getTime()).at(-1)
    return newest ? [{ witness: witness.name, at: newest }] : []
  })
}
