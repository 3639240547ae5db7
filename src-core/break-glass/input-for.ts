import type { BreakGlassInput, BreakGlassRule } from '../../src-protocol/break-glass.ts'

/** What a person's desktop signs: everything but time and reason is what the rule says. */
export const inputFor = (
  { id, version, terms }: BreakGlassRule,
  person: string,
  { breakGlass, minutes, reason }: Pick<BreakGlassInput, 'breakGlass' | 'minutes' | 'reason'>,
): BreakGlassInput => ({
  v: 1,
  breakGlass,
  person,
  connection: terms.connection,
  tools: terms.tools,
  rule: id,
  ruleVersion: version,
  minutes,
  reason,
  reviewers: terms.reviewers,
})
