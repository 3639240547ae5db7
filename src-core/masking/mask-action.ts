import type { MaskingRule } from '../../src-protocol/policy-document.ts'
import { normaliseForSearch } from './normalise-for-search.ts'

export type MaskAction = MaskingRule['action']

/** From the mildest to the strictest: where two rules hit the same value, the strictest decides. */
const strictness: Record<MaskAction, number> = { partial: 0, tag: 1, mask: 2, drop: 3, block: 4 }

export const isStricter = (one: MaskAction, other: MaskAction): boolean => strictness[one] > strictness[other]

/** What a rule does to one value. */
export interface Masked {
  rule: string
  kind: string
  action: MaskAction
  /** as a reader would see it, for the actions that leave something of it */
  value?: string | undefined
}

/** Whether the token says something about the value. */
export const needsValue = (action: MaskAction): boolean => action === 'partial' || action === 'tag'

const shownCharacters = 4
/** Of a shorter value the last four would say too much. */
const shortestPartial = 8
/** Nobody needs to look further for eight letters or digits. */
const looked = 4096

const significant = (text: string): string[] => text.match(/[\p{L}\p{N}]/gu) ?? []

/** What `partial` leaves of a value; undefined where it would leave too much. */
function endOf(value: string): string | undefined {
  if (significant(value.slice(0, looked)).length < shortestPartial) return undefined
  return significant(value.slice(-looked)).slice(-shownCharacters).join('')
}

/** What a rule does to this very value: too short a value is masked whole. */
export const actionOn = (action: MaskAction, value: string): MaskAction =>
  action === 'partial' && endOf(value) === undefined ? 'mask' : action

/** Two spellings of one value are the same value: case, and in numbers the separators, say nothing. */
function comparable(value: string): string {
  const text = normaliseForSearch(value).text.trim().toLowerCase()
  const digits = text.length - text.replace(/\d/g, '').length
  if (digits < 8 || text.includes('@') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return text
  return text.replace(/[\s()./-]/g, '')
}

/** What stands in the place of a value. */
export function maskToken({ kind, action, value }: Masked, tag: ((value: string) => string) | undefined): string {
  if (action === 'drop') return `[DROPPED:${kind}]`
  if (value !== undefined && action === 'partial') {
    const end = endOf(value)
    if (end !== undefined) return `[MASKED:${kind} …${end}]`
  }
  if (value !== undefined && action === 'tag' && tag) return `[MASKED:${kind} #${tag(comparable(value))}]`
  return `[MASKED:${kind}]`
}
