/**
 * One key of a log hands over to the next. The statement is a signed note (C2SP) in an entry of the log itself, signed by both keys: the old one says
 * who comes after it, the new one who came before it and that somebody holds it. So whoever trusts either key can follow to the other.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { parseDecimal } from './checkpoint.ts'
import { formatVerifierKey, openNote, parseVerifierKey, signNote, splitNote, verifierKeyOf, type VerifierKey } from './signed-note.ts'

const header = 'gatehouse key rotation v1'

export interface KeyRotation {
  origin: string
  /** of the entry that holds it: trees of more than so many entries are signed by the new key */
  index: number
  from: VerifierKey
  to: VerifierKey
}

export function signRotation({ origin, index, from, to }: { origin: string; index: number; from: KeyObject; to: KeyObject }): string {
  const [before, after] = [from, to].map((key) => formatVerifierKey(verifierKeyOf(origin, createPublicKey(key))))
  return signNote(`${header}\n${origin}\n${index}\n${before}\n${after}\n`, origin, [from, to])
}

export type OpenedRotation = { ok: true; rotation: KeyRotation } | { ok: false; problem: string }

/** What a note says about two keys, if both of them signed it. Whether one of them is to be trusted is another question. */
export function openRotation(note: string): OpenedRotation {
  const parts = splitNote(note)
  const [first, origin, position, before, after, ...more] = parts?.text.slice(0, -1).split('\n') ?? []
  if (first !== header || origin === undefined || more.length > 0) return { ok: false, problem: 'it is no statement about two keys' }
  const index = parseDecimal(position ?? '')
  const [from, to] = [parseVerifierKey(before ?? ''), parseVerifierKey(after ?? '')]
  if (index === undefined || !from.ok || !to.ok) return { ok: false, problem: 'its place or its keys are not well formed' }
  if (from.key.name !== origin || to.key.name !== origin) return { ok: false, problem: 'its keys are those of another log' }
  if (before === after) return { ok: false, problem: 'both keys are the same' }
  if (!openNote(note, from.key).ok) return { ok: false, problem: 'the key that it replaces did not sign it' }
  if (!openNote(note, to.key).ok) return { ok: false, problem: 'the new key did not sign it' }
  return { ok: true, rotation: { origin, index, from: from.key, to: to.key } }
}
