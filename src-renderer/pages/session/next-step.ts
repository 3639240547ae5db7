import type { Call } from '../../../src-protocol/model.ts'

/** What somebody whose call did not run can do. What reviewers decided stands in the decision itself, to which the row leads. */
export function nextStep({ verdict, approval, rule }: Pick<Call, 'verdict' | 'approval' | 'rule'>): string {
  if (verdict !== 'denied' || approval !== undefined) return ''
  return rule === undefined ? 'If you need this, ask an administrator.' : `If you need this, ask the owner of the rule ${rule}.`
}
