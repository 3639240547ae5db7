import { breakGlassTerms, type BreakGlassRule, type BreakGlassTerms } from '../../../src-protocol/break-glass.ts'

/** A rule as it is being written. */
export interface BreakGlassRuleDraft extends Omit<BreakGlassTerms, 'connection'> {
  connection: string
}

export type BreakGlassRuleProblems = Partial<Record<keyof BreakGlassTerms, string>>

export const draftOf = (rule: BreakGlassRule | undefined): BreakGlassRuleDraft =>
  rule?.terms ?? { connection: '', title: '', people: [], groups: [], tools: [], maxMinutes: 15, acr: [], reviewers: [] }

const sentences: Record<keyof BreakGlassTerms, string> = {
  connection: 'Choose a connection.',
  title: 'Give it a name: operators read it, and the log tells it.',
  people: 'Name at least one person or group.',
  groups: 'Group names have at most 200 characters.',
  tools: 'Name at least one tool; * alone would be all of them.',
  maxMinutes: 'From 1 to 60.',
  acr: 'At most ten.',
  reviewers: 'Name at least one group: somebody has to look at it afterwards.',
}

/** What keeps the draft from being saved, by field. */
export function problemsOf(draft: BreakGlassRuleDraft): BreakGlassRuleProblems {
  const checked = breakGlassTerms.safeParse(draft)
  const fields = (checked.error?.issues ?? []).map(({ path }) => String(path[0]) as keyof BreakGlassTerms)
  const nobody = draft.people.length + draft.groups.length === 0
  return Object.fromEntries([...fields, ...(nobody ? (['people'] as const) : [])].map((field) => [field, sentences[field]]))
}
