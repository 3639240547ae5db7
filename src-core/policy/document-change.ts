import type { DocumentChange } from '../../src-protocol/document-change.ts'
import { maskingDocument, policyDocument } from '../../src-protocol/policy-document.ts'
import { canonicalJson } from '../approval/canonical-json.ts'
import { readYamlDocument } from '../yaml-document.ts'
import { changedLines } from './changed-lines.ts'

/** An entry of the log stays readable; how many more there were stands in it. */
const mostNamed = 200

/**
 * What a new version of a policy or masking document does to the one before: which rules it adds, changes and removes, and what of them. Never
 * what stands in them: words that are masked would lie in the log.
 */
export function documentChange(kind: 'policy' | 'masking', base: { version: string; text: string }, text: string): DocumentChange {
  const lines = changedLines(base.text, text)
  const [before, after] = [partsOf(kind, base.text), partsOf(kind, text)]
  const told = { base: base.version, linesAdded: lines.changed.size, linesRemoved: lines.removed }
  // an older version of the gateway may have read what this one cannot
  if (!before || !after) return told
  const added = [...after.rules.keys()].filter((id) => !before.rules.has(id))
  const removed = [...before.rules.keys()].filter((id) => !after.rules.has(id))
  const changed = [...after.rules].flatMap(([id, rule]) => {
    const parts = differing(before.rules.get(id), rule)
    return parts.length > 0 ? [{ rule: id, parts }] : []
  })
  const more = [added, removed, changed].reduce((sum, { length }) => sum + Math.max(0, length - mostNamed), 0)
  return {
    ...told,
    rules: {
      added: added.slice(0, mostNamed),
      changed: changed.slice(0, mostNamed),
      removed: removed.slice(0, mostNamed),
      ...(more > 0 && { more }),
    },
    other: differing(before.rest, after.rest),
  }
}

type Members = Record<string, unknown>

function partsOf(kind: 'policy' | 'masking', text: string): { rules: Map<string, Members>; rest: Members } | undefined {
  const read = kind === 'policy' ? readYamlDocument(text, policyDocument) : readYamlDocument(text, maskingDocument)
  if (!read.ok) return undefined
  const { rules, ...rest } = read.value
  return { rules: new Map(rules.map((rule) => [rule.id, rule])), rest }
}

/** The members in which two objects differ; none if there was no first one. */
function differing(before: Members | undefined, after: Members): string[] {
  if (!before) return []
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null)).toSorted()
}
