import { createHash } from 'node:crypto'
import { maskingDocument, type MaskingRule } from '../../src-protocol/policy-document.ts'
import type { DocumentProblem } from '../../src-protocol/model.ts'
import { readYamlDocument } from '../yaml-document.ts'
import { compilePattern } from '../pattern.ts'
import type { DetectorName } from './detectors.ts'

/** The rules that are about one connection and tool, ready to use. */
export interface ActiveRules {
  detectors: { rule: string; kind: DetectorName }[]
  /** normalised field name → rule and what the token says */
  fields: Map<string, { rule: string; kind: string }>
}

export interface Masking {
  /** SHA-256 (hex) of the document's text */
  version: string
  rulesFor(target: { connection: string; tool?: string | undefined }): ActiveRules
  /** the sentence of a rule */
  because(rule: string): string | undefined
}

export type MaskingLoad = { ok: true; masking: Masking } | { ok: false; problems: DocumentProblem[] }

/** Reads a masking document. A document with any problem is refused as a whole: what it would mask cannot be guessed. */
export function loadMasking(text: string): MaskingLoad {
  const read = readYamlDocument(text, maskingDocument)
  if (!read.ok) return read
  const { rules } = read.value
  const seen = new Set<string>()
  for (const [index, rule] of rules.entries()) {
    if (seen.has(rule.id))
      return {
        ok: false,
        problems: [{ path: `rules.${index}.id`, message: `the id ${rule.id} is used twice`, line: read.lineOf(['rules', index, 'id']) }],
      }
    seen.add(rule.id)
  }
  return { ok: true, masking: createMasking(createHash('sha256').update(text).digest('hex'), rules) }
}

/** `card_number`, `cardNumber` and `Card-Number` name the same field. */
export const normaliseFieldName = (name: string): string => name.toLowerCase().replace(/[_\-\s]/g, '')

const cachedTargets = 1000

function createMasking(version: string, rules: readonly MaskingRule[]): Masking {
  const compiled = rules.map((rule) => ({
    rule,
    connections: rule.match.connections.map(compilePattern),
    tools: rule.match.tools.map(compilePattern),
  }))
  const sentences = new Map(rules.map((rule) => [rule.id, rule.because]))
  const cache = new Map<string, ActiveRules>()

  return {
    version,
    because: (rule) => sentences.get(rule),
    rulesFor({ connection, tool }) {
      const key = `${connection}\n${tool ?? ''}`
      const known = cache.get(key)
      if (known) return known
      const active: ActiveRules = { detectors: [], fields: new Map() }
      for (const { rule, connections, tools } of compiled) {
        if (!connections.some((matches) => matches(connection))) continue
        // what no tool answered (a resource, an error, a notification) is masked by every rule of the connection
        if (tool !== undefined && !tools.some((matches) => matches(tool))) continue
        for (const kind of rule.detect ?? []) active.detectors.push({ rule: rule.id, kind })
        for (const field of rule.fields ?? []) {
          const name = normaliseFieldName(field)
          if (!active.fields.has(name)) active.fields.set(name, { rule: rule.id, kind: field.toLowerCase().replace(/[^a-z0-9_-]/g, '-') })
        }
      }
      if (cache.size >= cachedTargets) cache.clear()
      cache.set(key, active)
      return active
    },
  }
}
