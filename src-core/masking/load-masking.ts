import { createHash } from 'node:crypto'
import { AppError } from '../../src-protocol/app-error.ts'
import { maskingDocument, type MaskingRule } from '../../src-protocol/policy-document.ts'
import type { MediaKind } from '../../src-protocol/model.ts'
import type { DocumentProblem } from '../../src-protocol/policy-version.ts'
import { readYamlDocument } from '../yaml-document.ts'
import { compilePattern } from '../pattern.ts'
import { addMasks, namedMaskingRules, type AddedMasks } from './added-masks.ts'
import { compileCustomPattern, createWordDetector } from './custom-rules.ts'
import { detectors } from './detectors.ts'
import type { Detector } from './detectors/detector.ts'
import { isStricter, type MaskAction } from './mask-action.ts'
import { normaliseForSearch } from './normalise-for-search.ts'

export interface ActiveDetector {
  rule: string
  kind: string
  action: MaskAction
  find: Detector
}

/** The rules that are about one connection and tool, ready to use. */
export interface ActiveRules {
  /** what finds, and what the token says */
  detectors: ActiveDetector[]
  /** normalised field name → rule and what the token says */
  fields: Map<string, MaskedField>
  /** content that is no text and is left out; what is not here is delivered */
  media: Map<MediaKind, MediaRule>
  /** member names that were searched and hold nothing: a server says the same few names all day */
  cleanNames: Map<string, CleanName>
  /** some rule does something else than to mask: what it hits may also be hit by others */
  mixed: boolean
}

export interface MaskedField {
  rule: string
  kind: string
  action: MaskAction
}

export interface MediaRule {
  rule: string
  action: 'drop' | 'block'
}

export interface CleanName {
  /** as it stands in a JSON Pointer */
  segment: string
  field: MaskedField | undefined
}

export interface RulesTarget {
  connection: string
  tool?: string | undefined
  exemption?: Exemption | undefined
  /** without the rules of the exemption; else they only mask, since what passes is recorded */
  delivered?: boolean | undefined
}

export interface Exemption {
  /** the same for the same rules */
  key: string
  /** rule → by which group, and whether it would block */
  rules: Map<string, { group: string; blocks: boolean }>
}

export interface Masking {
  /** SHA-256 (hex) of the document's text */
  version: string
  /** the document's text, for a thread that has to compile it for itself */
  source: string
  rulesFor(target: RulesTarget): ActiveRules
  /** the rules that do not apply to what is delivered to a person of these groups; undefined if all do */
  exemptionFor(groups: readonly string[]): Exemption | undefined
  /** the sentence of a rule */
  because(rule: string): string | undefined
  /** whether the document has this rule */
  has(rule: string): boolean
  /**
   * The same document with what a policy masks in addition.
   * @throws AppError MESSAGE_UNMASKABLE if the policy names a rule that the document does not have
   */
  adding(added: AddedMasks): Masking
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
  const ready: ReadyRule[] = []
  for (const [index, rule] of rules.entries()) {
    const found = detectorsOf(rule)
    if (!found.ok)
      return {
        ok: false,
        problems: [{ path: `rules.${index}.pattern`, message: found.problem, line: read.lineOf(['rules', index, 'pattern']) }],
      }
    ready.push({ rule, detectors: found.detectors })
  }
  return { ok: true, masking: createMasking(text, ready) }
}

/** `card_number`, `cardNumber` and `Card-Number` name the same field. */
export const normaliseFieldName = (name: string): string =>
  normaliseForSearch(name)
    .text.toLowerCase()
    .replace(/[_\-\s]/g, '')

interface ReadyRule {
  rule: MaskingRule
  detectors: ActiveDetector[]
}

function detectorsOf(rule: MaskingRule): { ok: true; detectors: ActiveDetector[] } | { ok: false; problem: string } {
  const { action } = rule
  if (rule.pattern !== undefined) {
    const compiled = compileCustomPattern(rule.pattern)
    return compiled.ok ? { ok: true, detectors: [{ rule: rule.id, kind: rule.id, action, find: compiled.detector }] } : compiled
  }
  if (rule.words) return { ok: true, detectors: [{ rule: rule.id, kind: rule.id, action, find: createWordDetector(rule.words) }] }
  return { ok: true, detectors: builtInDetectors(rule) }
}

const builtInDetectors = ({ id, action, detect = [] }: MaskingRule): ActiveDetector[] =>
  detect.map((kind) => ({ rule: id, kind, action, find: detectors[kind] }))

/** What no tool answered has no exception that is about some tools only. */
function compileException({ except }: MaskingRule): (connection: string, tool: string | undefined) => boolean {
  if (!except) return () => false
  const connections = except.connections.map(compilePattern)
  const tools = except.tools.map(compilePattern)
  const anyTool = except.tools.includes('*')
  return (connection, tool) =>
    connections.some((matches) => matches(connection)) && (tool === undefined ? anyTool : tools.some((matches) => matches(tool)))
}

const cachedTargets = 1000
const cachedAdditions = 200

const exemptLast = ({ rules }: Exemption, { id }: MaskingRule): number => (rules.has(id) ? 1 : 0)

function createMasking(source: string, rules: readonly ReadyRule[]): Masking {
  const compiled = rules.map(({ rule, detectors: found }) => ({
    rule,
    found,
    connections: rule.match.connections.map(compilePattern),
    tools: rule.match.tools.map(compilePattern),
    isExcepted: compileException(rule),
  }))
  const sentences = new Map(rules.map(({ rule }) => [rule.id, rule.because]))
  const extended = new Map<string, Masking>()
  const exempting = rules.map(({ rule }) => rule).filter(({ exempt }) => exempt !== undefined)
  const cache = new Map<string, ActiveRules>()

  return {
    version: createHash('sha256').update(source).digest('hex'),
    source,
    because: (rule) => sentences.get(rule),
    has: (rule) => sentences.has(rule),
    adding(added) {
      const known = extended.get(added.key)
      if (known) return known
      for (const [name, by] of namedMaskingRules(added)) {
        if (sentences.has(name)) continue
        throw new AppError('MESSAGE_UNMASKABLE', { problem: `the policy's rule ${by} names the masking rule ${name}, which is not there` })
      }
      const ready = new Map(rules.map(({ rule, detectors: found }) => [rule.id, found]))
      const all = addMasks(
        rules.map(({ rule }) => rule),
        added,
      )
      const masking = createMasking(
        source,
        all.map((rule) => ({ rule, detectors: ready.get(rule.id) ?? builtInDetectors(rule) })),
      )
      if (extended.size >= cachedAdditions) extended.clear()
      extended.set(added.key, masking)
      return masking
    },
    exemptionFor(groups) {
      if (exempting.length === 0) return undefined
      const exempt: Exemption['rules'] = new Map()
      for (const { id, action, exempt: exemption } of exempting) {
        const group = exemption?.groups.find((name) => groups.includes(name))
        if (group !== undefined) exempt.set(id, { group, blocks: action === 'block' })
      }
      return exempt.size === 0 ? undefined : { key: [...exempt.keys()].join(','), rules: exempt }
    },
    rulesFor({ connection, tool, exemption, delivered = false }) {
      const key = `${connection}\n${tool ?? ''}${exemption ? `\n${delivered}\n${exemption.key}` : ''}`
      const known = cache.get(key)
      if (known) return known
      const active: ActiveRules = { detectors: [], fields: new Map(), media: new Map(), cleanNames: new Map(), mixed: false }
      // a value that another rule masks too is recorded under that one: there nobody gets it
      const ordered = exemption ? compiled.toSorted((a, b) => exemptLast(exemption, a.rule) - exemptLast(exemption, b.rule)) : compiled
      for (const { rule, found, connections, tools, isExcepted } of ordered) {
        if (!connections.some((matches) => matches(connection))) continue
        // what no tool answered (a resource, an error, a notification) is masked by every rule of the connection
        if (tool !== undefined && !tools.some((matches) => matches(tool))) continue
        if (isExcepted(connection, tool)) continue
        const { id } = rule
        const exempt = exemption?.rules.get(id)
        if (exempt && delivered) continue
        const action = exempt?.blocks ? 'mask' : rule.action
        for (const kind of rule.media ?? []) {
          // what is masked of an image is all of it
          const mediaAction = action === 'block' ? 'block' : 'drop'
          const known = active.media.get(kind)
          if (!known || isStricter(mediaAction, known.action)) active.media.set(kind, { rule: id, action: mediaAction })
        }
        if (action !== 'mask' && rule.media === undefined) active.mixed = true
        active.detectors.push(...(action === rule.action ? found : found.map((detector) => ({ ...detector, action }))))
        for (const field of rule.fields ?? []) {
          const name = normaliseFieldName(field)
          const known = active.fields.get(name)
          if (known && !isStricter(action, known.action)) continue
          active.fields.set(name, { rule: id, kind: field.toLowerCase().replace(/[^a-z0-9_-]/g, '-'), action })
        }
      }
      if (cache.size >= cachedTargets) cache.clear()
      cache.set(key, active)
      return active
    },
  }
}
