import type { KeyObject } from 'node:crypto'
import { approvalTrust, type ApprovalTrust } from '../../src-protocol/approval-proof.ts'
import { openNote, signNote, type VerifierKey } from '../log/signed-note.ts'

/** So that a signature over something else is never taken for one over this. */
const firstLine = 'gatehouse-approval-trust/v1\n'

export const signTrust = (trust: ApprovalTrust, name: string, key: KeyObject): string =>
  signNote(`${firstLine}${JSON.stringify(trust)}\n`, name, key)

/** `problem`: a sentence without its full stop */
export type OpenedTrust = { ok: true; trust: ApprovalTrust } | { ok: false; problem: string }

/** What the note says, if and only if `root` signed it. */
export function openTrust(note: string, root: VerifierKey): OpenedTrust {
  const opened = openNote(note, root)
  if (!opened.ok) return { ok: false, problem: unsigned[opened.reason] }
  const { text } = opened
  const checked = text.startsWith(firstLine) ? approvalTrust.safeParse(parse(text.slice(firstLine.length))) : undefined
  if (!checked?.success) {
    const [issue] = checked?.error.issues ?? []
    return { ok: false, problem: issue ? `${issue.path.join('.') || 'the document'}: ${issue.message}` : 'it is another kind of document' }
  }
  const { reviewers, breakGlass = [] } = checked.data
  const keys = reviewers.flatMap((reviewer) => reviewer.keys)
  if (new Set(keys).size < keys.length) return { ok: false, problem: 'a key stands in it twice: it could count for two people' }
  const owners = new Map(reviewers.flatMap(({ sub, keys: own }) => own.map((key) => [key, sub])))
  for (const { sub, keys: own } of breakGlass.flatMap(({ people }) => people)) {
    for (const key of own) {
      if ((owners.get(key) ?? sub) !== sub) return { ok: false, problem: 'a key stands in it for two people' }
      owners.set(key, sub)
    }
  }
  if (new Set(reviewers.map(({ sub }) => sub)).size < reviewers.length) return { ok: false, problem: 'a reviewer is named twice' }
  return { ok: true, trust: checked.data }
}

const unsigned = {
  malformed: 'it is not a signed document',
  'unknown-key': 'it is not signed by the root',
  'signature-invalid': 'the signature of the root does not fit it',
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
