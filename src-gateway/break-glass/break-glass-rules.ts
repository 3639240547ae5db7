import { isSamePerson } from '../../src-core/approval/same-person.ts'
import { breakGlassVersion } from '../../src-core/break-glass/break-glass-digest.ts'
import type { BreakGlassBook } from '../../src-core/break-glass/break-glass-book.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { randomText } from '../../src-node/random-id.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { BreakGlassEndReason, BreakGlassRules, BreakGlassTerms } from '../../src-protocol/break-glass.ts'
import type { BreakGlassRuleId } from '../../src-protocol/ids.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'

export interface BreakGlassRulesPorts {
  book: BreakGlassBook
  append(draft: Parameters<TransparencyLog['append']>[0]): Promise<number>
  /** how many administrators a rule takes */
  approvals: number
  findConnection(name: string): Promise<Connection | undefined>
  personNow(sub: string): Pick<Person, 'sub' | 'email'> | undefined
  /** what was opened under the rule ends at once */
  endOf(rule: string, reason: BreakGlassEndReason, by: string): Promise<void>
}

/** What administrators decide about break-glass. Whoever calls sees to it that one call comes after the other. */
export function createBreakGlassRules(ports: BreakGlassRulesPorts) {
  const { book, approvals } = ports
  const rules = (): BreakGlassRules => ({ rules: book.rules(), proposals: book.proposals(), approvals })

  /** @throws AppError NOT_FOUND, CONFLICT, BREAK_GLASS_RULE_INVALID */
  async function assertUsable(terms: BreakGlassTerms, id: BreakGlassRuleId, before: string | undefined): Promise<void> {
    const current = book.rule(id)
    if (current?.version !== before) throw new AppError('CONFLICT', { problem: 'Somebody changed the rule since you looked at it' })
    if (current && current.terms.connection !== terms.connection) {
      throw new AppError('BREAK_GLASS_RULE_INVALID', { problem: 'connection: a rule stays with its connection' })
    }
    if (!(await ports.findConnection(terms.connection))) throw new AppError('NOT_FOUND', { what: `The connection ${terms.connection}` })
    const same = book
      .rules()
      .find((rule) => rule.id !== id && rule.terms.connection === terms.connection && rule.terms.title === terms.title)
    if (same) throw new AppError('CONFLICT', { problem: `${terms.connection} has a rule “${terms.title}” already` })
  }

  return {
    rules,

    async set(
      input: { id?: BreakGlassRuleId | undefined; terms: BreakGlassTerms; before?: string | undefined },
      by: Person,
    ): Promise<BreakGlassRules> {
      const { terms, before } = input
      const id = input.id ?? (`bgr_${randomText(16)}` as BreakGlassRuleId)
      if (input.id !== undefined && !book.rule(input.id)) throw new AppError('NOT_FOUND', { what: 'The rule' })
      await assertUsable(terms, id, before)
      const version = breakGlassVersion(terms)
      if (version === before) return rules()
      const set = { rule: id, terms, version, ...(before !== undefined && { before }), by: by.sub }
      if (approvals > 1) {
        await ports.append({ kind: 'break-glass.rule-proposed', ...set })
        return rules()
      }
      await ports.append({ kind: 'break-glass.rule', ...set })
      await ports.endOf(id, 'rule-changed', by.sub)
      return rules()
    },

    /** Whoever proposed a rule can take it back, and never agree to it. */
    async decide(id: BreakGlassRuleId, version: string, decision: 'approve' | 'deny', by: Person): Promise<BreakGlassRules> {
      const proposal = book.proposal(id)
      if (!proposal) throw new AppError('NOT_FOUND', { what: 'The proposal' })
      if (proposal.version !== version) throw new AppError('CONFLICT', { problem: 'Another version is proposed since you looked at it' })
      if (decision === 'deny') {
        await ports.append({ kind: 'break-glass.rule-rejected', rule: id, version, by: by.sub })
        return rules()
      }
      if (isSamePerson(by, ports.personNow(proposal.by) ?? { sub: proposal.by })) throw new AppError('APPROVAL_OWN_REQUEST')
      const { terms, before } = proposal
      await assertUsable(terms, id, before)
      const set = { rule: id, terms, version, ...(before !== undefined && { before }), by: proposal.by }
      await ports.append({ kind: 'break-glass.rule', ...set, approvedBy: by.sub })
      await ports.endOf(id, 'rule-changed', by.sub)
      return rules()
    },

    /** Taking away takes nobody else. */
    async remove(
      id: BreakGlassRuleId,
      by: string,
      reason: 'rule-removed' | 'connection-removed' = 'rule-removed',
    ): Promise<BreakGlassRules> {
      const rule = book.rule(id)
      if (!rule) throw new AppError('NOT_FOUND', { what: 'The rule' })
      await ports.append({ kind: 'break-glass.rule-removed', rule: id, connection: rule.terms.connection, by })
      await ports.endOf(id, reason, by)
      return rules()
    },
  }
}
