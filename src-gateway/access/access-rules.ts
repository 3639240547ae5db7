import { termsVersion } from '../../src-core/access/access-digest.ts'
import { fitsRule, problemOfTerms } from '../../src-core/access/judge-access.ts'
import type { Clock } from '../../src-node/clock.ts'
import { randomText } from '../../src-node/random-id.ts'
import type { AccessEndReason, AccessGrant, AccessRequest, AccessRule, AccessTerms } from '../../src-protocol/access.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { AccessRuleId } from '../../src-protocol/ids.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { AccessEntries } from './access-entries.ts'

export interface AccessRulesPorts {
  entries: AccessEntries
  clock: Clock
  findConnection(name: string): Promise<Connection | undefined>
  personNow(sub: string): Person | undefined
  endGrant(grant: AccessGrant, reason: AccessEndReason, by: string, because?: string): Promise<void>
  voidRequest(request: AccessRequest, because: string): Promise<void>
  /** sessions that began under no grant have lost their ground: now one is needed */
  demanded(connection: string): void
}

/** What administrators decide about access. Whoever calls sees to it that one call comes after the other. */
export function createAccessRules(ports: AccessRulesPorts) {
  const { book, append } = ports.entries

  async function assertUsable(terms: AccessTerms, own?: string): Promise<void> {
    const problem = problemOfTerms(terms)
    if (problem !== undefined) throw new AppError('ACCESS_RULE_INVALID', { problem })
    if (!(await ports.findConnection(terms.connection))) throw new AppError('NOT_FOUND', { what: `The connection ${terms.connection}` })
    const same = book.rules(terms.connection).find(({ id, terms: { title } }) => id !== own && title === terms.title)
    if (same) throw new AppError('CONFLICT', { problem: `${terms.connection} has a rule “${terms.title}” already` })
  }

  function find(id: AccessRuleId): AccessRule {
    const rule = book.rule(id)
    if (!rule) throw new AppError('NOT_FOUND', { what: 'The access rule' })
    return rule
  }

  /** What was asked for or given under the terms of before: it stays only if it could be given now. */
  async function review(id: AccessRuleId, by: string): Promise<void> {
    const rule = book.rule(id)
    for (const request of pendingOf(id)) await ports.voidRequest(request, rule ? 'the rule was changed' : 'the rule was removed')
    for (const grant of book.grants()) {
      if (grant.rule !== id || grant.endedAt !== undefined) continue
      const person = ports.personNow(grant.person.sub)
      if (!rule) await ports.endGrant(grant, 'rule-removed', by)
      else if (!person || !fitsRule(grant, rule, person, ports.clock.now())) await ports.endGrant(grant, 'rule-changed', by)
    }
  }

  const pendingOf = (id: string) => book.requests().filter(({ state, digestInput }) => state === 'pending' && digestInput.rule === id)

  return {
    async create(terms: AccessTerms, { sub: by }: Person): Promise<AccessRule> {
      await assertUsable(terms)
      const rule = `acr_${randomText(16)}` as AccessRuleId
      await append({ kind: 'access.rule', rule, terms, version: termsVersion(terms), by })
      ports.demanded(terms.connection)
      return find(rule)
    },

    async change(id: AccessRuleId, terms: AccessTerms, before: string, { sub: by }: Person): Promise<AccessRule> {
      const { version, terms: current } = find(id)
      if (version !== before) throw new AppError('CONFLICT', { problem: 'Somebody changed the rule since you looked at it' })
      if (terms.connection !== current.connection) {
        throw new AppError('ACCESS_RULE_INVALID', { problem: 'connection: a rule stays with its connection' })
      }
      await assertUsable(terms, id)
      const next = termsVersion(terms)
      if (next === version) return find(id)
      await append({ kind: 'access.rule', rule: id, terms, version: next, before: version, by })
      await review(id, by)
      return find(id)
    },

    async remove(id: AccessRuleId, { sub: by }: Person): Promise<void> {
      const { terms } = find(id)
      await append({ kind: 'access.rule-removed', rule: id, connection: terms.connection, by })
      await review(id, by)
    },
  }
}
