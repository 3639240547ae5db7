/** C2SP tlog-checkpoint: the head of a log as a signed note. */
import type { KeyObject } from 'node:crypto'
import { base64Of, parseBase64 } from './base64.ts'
import { isHash, type Hash } from './merkle-hash.ts'
import { openNote, signNote, splitNote, type VerifierKey } from './signed-note.ts'

export interface Checkpoint {
  origin: string
  size: number
  root: Hash
}

export type OpenedCheckpoint =
  | { ok: true; checkpoint: Checkpoint; signatures: number }
  | { ok: false; reason: 'malformed' | 'unknown-key' | 'signature-invalid' | 'origin-mismatch' }

export const signCheckpoint = (checkpoint: Checkpoint, privateKeys: KeyObject | readonly KeyObject[]): string =>
  signNote(`${checkpoint.origin}\n${checkpoint.size}\n${base64Of(checkpoint.root)}\n`, checkpoint.origin, privateKeys)

/** The checkpoint in a note, if `key` signed it and its origin is the key's name. */
export function openCheckpoint(note: string, key: VerifierKey): OpenedCheckpoint {
  const opened = openNote(note, key)
  if (!opened.ok) return opened
  const checkpoint = parseCheckpointText(opened.text)
  if (!checkpoint) return { ok: false, reason: 'malformed' }
  if (checkpoint.origin !== key.name) return { ok: false, reason: 'origin-mismatch' }
  return { ok: true, checkpoint, signatures: opened.signatures }
}

/** What a note claims, whoever signed it: for saying what does not fit, never for believing it. */
export function readClaimedCheckpoint(note: string): Checkpoint | undefined {
  const parts = splitNote(note)
  return parts && parseCheckpointText(parts.text)
}

function parseCheckpointText(text: string): Checkpoint | undefined {
  const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n')
  if (!origin || size === undefined || root === undefined || extensions.includes('')) return undefined
  const count = parseDecimal(size)
  const hash = parseBase64(root)
  if (count === undefined || !hash || !isHash(hash)) return undefined
  return { origin, size: count, root: hash }
}

/** ASCII decimal without leading zeroes, exactly representable. */
export function parseDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
