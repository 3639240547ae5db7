import { AppError } from '../../src-protocol/app-error.ts'
import type { MaskApplied } from '../../src-protocol/model.ts'
import { decodeString, TooDeep, walkJson, type JsonVisitor } from '../json/walk-json.ts'
import { findJsonObjects } from './find-json-objects.ts'
import { normaliseFieldName, type ActiveRules, type MaskedField, type Masking, type RulesTarget } from './load-masking.ts'
import { actionOn, isStricter, type Masked } from './mask-action.ts'
import { maskString } from './mask-string.ts'
import { MaskRun, type MaskTally } from './mask-run.ts'

export interface MaskTarget extends RulesTarget {
  /** what names the call is masked like everything else */
  idsToo?: boolean
  /** the message is about another one, which its parameters name */
  aboutCall?: boolean | undefined
  /** for the action `tag`; without it such a value is masked like any other */
  tag?: ((value: string) => string) | undefined
  /** the message is the gateway's own: what would block another one is masked in it, for it may be the answer that says so */
  own?: boolean | undefined
}

export interface MaskResult {
  /** the very same string when nothing was masked, so that the original bytes can be delivered */
  text: string
  masks: MaskApplied[]
}

const maxDepth = 128
const rememberedNames = { count: 1000, length: 64 }
/** JSON held in a string, held in JSON held in a string … */
const maxNesting = 8

/**
 * Masks a JSON text in place: only the values that a rule names are replaced, by `[MASKED:kind]`; every other character stays as it
 * was. Strings that hold JSON are masked as JSON, since results usually come as JSON inside a text block, with or without words around it. What says which call a JSON-RPC
 * message belongs to is no content and stays: about one random id in a thousand looks like an account or a card.
 * @throws AppError MESSAGE_UNMASKABLE when the text cannot be searched to its end, MESSAGE_BLOCKED when a rule blocks it: it must then not
 * be delivered
 */
export function maskMessage(masking: Masking, text: string, target: MaskTarget): MaskResult {
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new AppError('MESSAGE_UNMASKABLE', { problem: 'it is not JSON' }, { cause })
  }
  return maskParsed(masking, text, target)
}

/** The same for a text that is known to be JSON, because it was parsed or made here. @throws AppError MESSAGE_UNMASKABLE, MESSAGE_BLOCKED */
export function maskParsed(masking: Masking, text: string, target: MaskTarget): MaskResult {
  const run = new MaskRun(masking, target)
  try {
    const masked = maskJson(text, run, run.tally, '', 0, target.idsToo)
    return { text: masked, masks: run.tally.masks() }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const problem = cause instanceof TooDeep ? 'it nests too deeply' : 'the search failed'
    throw new AppError('MESSAGE_UNMASKABLE', { problem }, { cause })
  }
}

/** Masks a text that is not JSON (a log line, an error message) by the detectors alone. Nothing blocks it. */
export function maskText(masking: Masking, text: string, target: MaskTarget): MaskResult {
  const run = new MaskRun(masking, { ...target, own: true })
  return { text: maskString(text, run, run.tally, () => '', ''), masks: run.tally.masks() }
}

function maskJson(text: string, run: MaskRun, tally: MaskTally, pathPrefix: string, nesting: number, idsToo = false): string {
  const visitor = new MaskingVisitor(text, run, tally, pathPrefix, nesting, idsToo)
  walkJson(text, visitor, maxDepth)
  return visitor.masked()
}

class MaskingVisitor implements JsonVisitor {
  readonly #text: string
  readonly #run: MaskRun
  readonly #rules: ActiveRules
  readonly #tally: MaskTally
  readonly #pathPrefix: string
  readonly #nesting: number
  readonly #idsToo: boolean
  /** JSON Pointer segments from the text's root */
  readonly #path: string[] = []
  #output = ''
  #copied = 0
  /** the value that comes next, or is being walked, is replaced as a whole */
  #field: MaskedField | undefined
  #fieldStart = -1
  #fieldDepth = -1
  #depth = 0
  /** the scalar that comes next says which call the message belongs to */
  #belongs = false

  constructor(text: string, run: MaskRun, tally: MaskTally, pathPrefix: string, nesting: number, idsToo: boolean) {
    this.#idsToo = idsToo
    this.#text = text
    this.#run = run
    this.#rules = run.rules
    this.#tally = tally
    this.#pathPrefix = pathPrefix
    this.#nesting = nesting
  }

  masked(): string {
    return this.#copied === 0 ? this.#text : this.#output + this.#text.slice(this.#copied)
  }

  objectStart(start: number): void {
    this.#open(start)
  }

  member(name: string, start: number, end: number): void {
    if (this.#fieldStart >= 0) return
    this.#belongs = this.#depth <= 2 && this.#nesting === 0 && !this.#idsToo && this.#namesTheCall(name)
    const { cleanNames } = this.#rules
    const known = cleanNames.get(name)
    if (known) {
      this.#path[this.#path.length - 1] = known.segment
      this.#field = known.field
      return
    }
    const field = this.#rules.fields.get(normaliseFieldName(name))
    // a name can itself be a value (a table keyed by email); the path must not give it away
    const safeName = this.#maskName(name, start, end)
    const segment = safeName.replaceAll('~', '~0').replaceAll('/', '~1')
    this.#path[this.#path.length - 1] = segment
    this.#field = field
    if (safeName !== name || name.length > rememberedNames.length) return
    // what a client makes up must not fill the memory
    if (cleanNames.size >= rememberedNames.count) cleanNames.clear()
    cleanNames.set(name, { segment, field })
  }

  objectEnd(end: number): void {
    this.#close(end)
  }

  arrayStart(start: number): void {
    this.#open(start)
    if (this.#fieldStart < 0) this.#path[this.#path.length - 1] = '*'
  }

  element(): void {}

  arrayEnd(end: number): void {
    this.#close(end)
  }

  string(start: number, end: number): void {
    if (this.#fieldStart >= 0) return
    if (this.#belongs) return this.#leave()
    if (this.#field) return this.#replaceField(start, end)
    if (this.#rules.fields.size === 0 && this.#rules.detectors.length === 0) return
    const value = decodeString(this.#text, start, end)
    const masked = holdsJson(value) ? this.#maskNested(value, this.#here()) : this.#maskHere(this.#maskParts(value))
    if (masked !== value) this.#replace(start, end, JSON.stringify(masked))
  }

  scalar(start: number, end: number): void {
    if (this.#fieldStart >= 0) return
    if (this.#belongs) return this.#leave()
    const literal = this.#text.slice(start, end)
    if (this.#field) {
      if (literal === 'null') this.#field = undefined
      else this.#replaceField(start, end)
      return
    }
    // a card number may be stored as a number
    if (literal.length < 9) return
    const number = /e/i.test(literal) ? withoutExponent(literal) : literal
    const masked = this.#maskHere(number)
    if (masked !== number) this.#replace(start, end, JSON.stringify(masked))
  }

  #namesTheCall(name: string): boolean {
    if (this.#depth === 1) return name === 'id'
    return this.#run.aboutCall && (name === 'progressToken' || name === 'requestId') && this.#path[0] === 'params'
  }

  #leave(): void {
    this.#belongs = false
    this.#field = undefined
  }

  #open(start: number): void {
    this.#belongs = false
    if (this.#fieldStart < 0 && this.#field) {
      this.#fieldStart = start
      this.#fieldDepth = this.#depth
    }
    this.#depth += 1
    if (this.#fieldStart < 0) this.#path.push('')
  }

  #close(end: number): void {
    this.#depth -= 1
    if (this.#fieldStart < 0) {
      this.#path.pop()
      return
    }
    if (this.#depth !== this.#fieldDepth) return
    const start = this.#fieldStart
    this.#fieldStart = -1
    this.#replaceField(start, end)
  }

  #replaceField(start: number, end: number): void {
    const field = this.#field
    this.#field = undefined
    if (!field) return
    const masked = this.#rules.mixed ? this.#fieldAction(field, start, end) : field
    const token = this.#run.token(masked)
    this.#tally.add(masked, this.#here())
    this.#replace(start, end, JSON.stringify(token))
  }

  /** What is done to a field's value: also other rules may hit it, or something in it, and the strictest action decides. */
  #fieldAction(field: MaskedField, start: number, end: number): Masked {
    const literal = this.#text.slice(start, end)
    const inside = this.#run.scratch()
    maskJson(literal, this.#run, inside, '', this.#nesting, true)
    const { strictest } = inside
    if (strictest && isStricter(strictest.action, field.action)) {
      const { rule, kind, action } = strictest
      return { rule, kind, action: action === 'tag' ? 'mask' : action }
    }
    const value = literal.startsWith('"') ? decodeString(this.#text, start, end) : literal
    // of an object or a list the end says nothing that is meant
    const holdsMore = /^[[{]/.test(literal) || (literal.startsWith('"') && holdsJson(value))
    const action = field.action === 'partial' && holdsMore ? 'mask' : actionOn(field.action, value)
    return { rule: field.rule, kind: field.kind, action, value }
  }

  #maskName(name: string, start: number, end: number): string {
    const path = () => `${this.#pathPrefix}${this.#path.slice(0, -1).map(prefixed).join('')}/(name)`
    const masked = maskString(name, this.#run, this.#tally, path, '')
    if (masked !== name) this.#replace(start, end, JSON.stringify(masked))
    return masked
  }

  #maskHere(value: string): string {
    const last = this.#path.at(-1) ?? ''
    // an element is named as its array
    const field = last === '*' ? (this.#path.at(-2) ?? '') : last
    return maskString(value, this.#run, this.#tally, () => this.#here(), field)
  }

  #maskNested(value: string, path: string): string {
    if (this.#nesting + 1 > maxNesting) throw new AppError('MESSAGE_UNMASKABLE', { problem: 'JSON inside JSON nests too deeply' })
    return maskJson(value, this.#run, this.#tally, `${path}#`, this.#nesting + 1)
  }

  /** Named fields of JSON that stands in a text beside something else. */
  #maskParts(value: string): string {
    if (this.#rules.fields.size === 0 || !value.includes('{')) return value
    let output = ''
    let copied = 0
    for (const { start, end } of findJsonObjects(value)) {
      output += value.slice(copied, start) + this.#maskNested(value.slice(start, end), this.#here())
      copied = end
    }
    return copied === 0 ? value : output + value.slice(copied)
  }

  #here(): string {
    return this.#pathPrefix + this.#path.map(prefixed).join('')
  }

  #replace(start: number, end: number, replacement: string): void {
    this.#output += this.#text.slice(this.#copied, start) + replacement
    this.#copied = end
  }
}

const prefixed = (segment: string): string => `/${segment}`

/** `4.111111111111111e15` is the card that it stands for; `true` and `false` have an e too. */
const withoutExponent = (literal: string): string => {
  const number = Number(literal)
  return Number.isSafeInteger(number) ? String(number) : literal
}

/** A text that was encoded twice is JSON, too. */
function holdsJson(value: string): boolean {
  if (!/^\s*[[{"]/.test(value)) return false
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}
