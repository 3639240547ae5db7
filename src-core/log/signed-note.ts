/** C2SP signed-note with Ed25519 (signature type 0x01). Signatures by other keys or of other types are ignored, as the specification demands. */
import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'
import { base64Of, parseBase64 } from './base64.ts'
import { equalBytes, hexOf } from './merkle-hash.ts'

const ed25519Type = 0x01
/** Ed25519 over a checkpoint and the time at which it was seen (c2sp.org/tlog-cosignature) */
export const cosignatureType = 0x04
type SignatureType = typeof ed25519Type | typeof cosignatureType
export const keyIdBytes = 4
/** Room for 16 signatures of the largest known kind; what is longer is no checkpoint. */
const maximumNoteLength = 128 * 1024
const maximumSignatures = 64

export interface VerifierKey {
  name: string
  /** first four bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key) */
  id: Uint8Array
  /** the 32 bytes of RFC 8032 */
  publicKey: Uint8Array
}

export type ParsedVerifierKey = { ok: true; key: VerifierKey } | { ok: false; problem: string }

const isKeyName = (name: string): boolean => /^[^\s+\p{Cc}]+$/u.test(name)

function keyIdOf(name: string, publicKey: Uint8Array, type: SignatureType): Uint8Array {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]), 'buffer').subarray(0, keyIdBytes)
}

/** The verifier key of an Ed25519 key (either half) under a name. */
export function verifierKeyOf(name: string, key: KeyObject, type: SignatureType = ed25519Type): VerifierKey {
  const { crv, x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  if (crv !== 'Ed25519' || typeof x !== 'string') throw new TypeError('a log key is an Ed25519 key')
  if (!isKeyName(name)) throw new TypeError('a key name has no spaces and no plus sign')
  const publicKey = Buffer.from(x, 'base64url')
  return { name, id: keyIdOf(name, publicKey, type), publicKey }
}

/** `name+id+base64(0x01 ‖ public key)`: how a log publishes its key. */
export const formatVerifierKey = (key: VerifierKey, type: SignatureType = ed25519Type): string =>
  `${key.name}+${hexOf(key.id)}+${base64Of(Buffer.concat([Buffer.of(type), key.publicKey]))}`

export function parseVerifierKey(text: string, type: SignatureType = ed25519Type): ParsedVerifierKey {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? []
  if (name === undefined || id === undefined || encoded === undefined || !isKeyName(name)) {
    return { ok: false, problem: 'it has not the form name+id+base64' }
  }
  const bytes = parseBase64(encoded)
  if (!bytes || bytes.length !== 33) return { ok: false, problem: 'its last part is not the base64 of 33 bytes' }
  if (bytes[0] !== type) return { ok: false, problem: type === ed25519Type ? 'it is not an Ed25519 key' : 'it is not the key of a witness' }
  const publicKey = bytes.subarray(1)
  const keyId = keyIdOf(name, publicKey, type)
  if (hexOf(keyId) !== id) return { ok: false, problem: 'its id does not belong to its name and key' }
  return { ok: true, key: { name, id: keyId, publicKey } }
}

/** Signs `text` (which ends with LF) as the key `name`; with several keys of that name each gives its line. */
export function signNote(text: string, name: string, privateKeys: KeyObject | readonly KeyObject[]): string {
  const lines = [privateKeys].flat().map((privateKey) => {
    const { id } = verifierKeyOf(name, privateKey)
    return `— ${name} ${base64Of(Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]))}\n`
  })
  return `${text}\n${lines.join('')}`
}

export type OpenedNote =
  { ok: true; text: string; signatures: number } | { ok: false; reason: 'malformed' | 'unknown-key' | 'signature-invalid' }

/** The text of a note, if and only if `key` signed it. Every signature by `key` must hold. */
export function openNote(note: string, key: VerifierKey): OpenedNote {
  const parsed = splitNote(note)
  if (!parsed) return { ok: false, reason: 'malformed' }
  const mine = parsed.signatures.filter(({ name, bytes }) => name === key.name && equalBytes(bytes.subarray(0, keyIdBytes), key.id))
  if (mine.length === 0) return { ok: false, reason: 'unknown-key' }
  const message = Buffer.from(parsed.text)
  const publicKey = publicKeyObject(key)
  const holds = publicKey && mine.every(({ bytes }) => verify(null, message, publicKey, bytes.subarray(keyIdBytes)))
  return holds ? { ok: true, text: parsed.text, signatures: parsed.signatures.length } : { ok: false, reason: 'signature-invalid' }
}

/** Text and signature lines, unchecked: a note's text must not be believed before `openNote` says so. */
export function splitNote(note: string): { text: string; signatures: { name: string; bytes: Uint8Array }[] } | undefined {
  if (note.length > maximumNoteLength || hasControlCharacter(note) || !note.endsWith('\n')) return undefined
  const gap = note.lastIndexOf('\n\n')
  if (gap < 0) return undefined
  const lines = note.slice(gap + 2, -1).split('\n')
  if (lines.length > maximumSignatures) return undefined
  const signatures: { name: string; bytes: Uint8Array }[] = []
  for (const line of lines) {
    const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    const bytes = encoded === undefined ? undefined : parseBase64(encoded)
    if (name === undefined || !isKeyName(name) || !bytes || bytes.length <= keyIdBytes) return undefined
    signatures.push({ name, bytes })
  }
  return { text: note.slice(0, gap + 1), signatures }
}

const hasControlCharacter = (text: string): boolean => /[^\n\P{Cc}]/u.test(text)

export function publicKeyObject(key: VerifierKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.publicKey).toString('base64url') }, format: 'jwk' })
  } catch {
    return undefined
  }
}
