import { createBreakGlassBook } from '../../src-core/break-glass/break-glass-book.ts'
import { isNamed } from '../../src-core/break-glass/covers-call.ts'
import { inputFor } from '../../src-core/break-glass/input-for.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { BreakGlassOpening, BreakGlassRule, BreakGlassTerms } from '../../src-protocol/break-glass.ts'
import type { BreakGlassId, BreakGlassRuleId, ConnectionName } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Person } from '../../src-protocol/model.ts'
import { noor, people, sofia, tomas } from './fake-people.ts'
import { ago, days, fakeHex, hours, minutes, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'
import { heldApproval, liveSession } from './fake-sessions.ts'

type BreakGlassChannel = Extract<keyof FakeHandlers, `break-glass:${string}`>
type Draft<K extends LogEntry['kind']> = Omit<Extract<LogEntry, { kind: K }>, 'v' | 'at'>

const nights: BreakGlassTerms = {
  connection: 'orders-db' as ConnectionName,
  title: 'Nights and weekends',
  people: [people.mira.sub],
  groups: ['data-oncall'],
  tools: ['execute_sql'],
  maxMinutes: 30,
  acr: [],
  reviewers: ['dba', 'security'],
}
const crm: BreakGlassTerms = {
  connection: 'crm-prod' as ConnectionName,
  title: 'Account locked out',
  people: [tomas.sub, noor.sub],
  groups: [],
  tools: ['update_record', 'reset_*'],
  maxMinutes: 15,
  acr: ['phr'],
  reviewers: ['dba'],
}

const idOf = (name: string): string => `bgr_${fakeHex(name, 16)}`

/** By which a held call of those whom the first rule names may run. */
export const nightsOffer = { rule: idOf('nights') as BreakGlassRuleId, version: fakeHex(JSON.stringify(nights)) }

/** Break-glass as the gateway would keep it: what is done here has the effect that it has there. */
export function fakeBreakGlass(setting: FakeSetting, changed: () => void): Pick<FakeHandlers, BreakGlassChannel> {
  const { now, person, scenario } = setting
  const book = createBreakGlassBook()
  const write = (at: string, draft: object): void => book.apply({ v: 1, at, ...draft } as LogEntry)
  const current = (): string => new Date().toISOString()
  const approvals = scenario === 'four-eyes' ? 2 : 1

  function setRule(at: string, id: string, terms: BreakGlassTerms, by = people.priya.sub, kind = 'break-glass.rule'): BreakGlassRule {
    const rule = id as BreakGlassRuleId
    const before = book.rule(rule)?.version
    const version = fakeHex(JSON.stringify(terms))
    write(at, { kind, rule, terms, version, by, ...(before !== undefined && { before }) })
    return (book.rule(rule) ?? book.proposal(rule)) as BreakGlassRule
  }

  function open(at: string, who: Person, rule: BreakGlassRule, asked: { minutes: number; reason: string }, uses = 0): BreakGlassOpening {
    const breakGlass = `bgl_${fakeHex(at + who.sub, 16)}` as BreakGlassId
    const { sub, name, email, groups } = who
    write(at, {
      kind: 'break-glass.opened',
      breakGlass,
      digest: fakeHex(breakGlass),
      input: inputFor(rule, sub, { breakGlass, ...asked }),
      person: { sub, name, groups, ...(email !== undefined && { email }) },
      ruleTitle: rule.terms.title,
      startsAt: at,
      endsAt: new Date(Date.parse(at) + asked.minutes * 60_000).toISOString(),
      statement: {
        person: { sub, name },
        decision: 'approve',
        reason: asked.reason,
        at,
        stepUp: { at, token: fakeHex('token') },
        signature: 'MEUCIQ',
        key: {},
      },
    } satisfies Draft<'break-glass.opened'>)
    for (let use = 0; use < uses; use += 1) {
      const used = new Date(Date.parse(at) + (use + 1) * 70_000).toISOString()
      const approval = use === 0 && who === people.mira ? heldApproval : `apr_${fakeHex(`${breakGlass}${use}`, 16)}`
      write(used, { kind: 'break-glass.used', breakGlass, approval, digest: fakeHex(approval), session: liveSession, tool: 'execute_sql' })
    }
    return find(breakGlass)
  }

  function find(id: string): BreakGlassOpening {
    const opening = book.opening(id)
    if (!opening) throw new AppError('NOT_FOUND', { what: 'The opening' })
    const { endedAt, review } = opening
    if (endedAt === undefined || review) return opening
    return { ...opening, overdueDays: Math.max(0, Math.floor((now - Date.parse(endedAt)) / 86_400_000)) }
  }

  function end(at: string, { id, input }: BreakGlassOpening, reason: string, by?: string, because?: string): BreakGlassOpening {
    const about = { breakGlass: id, person: input.person, connection: input.connection, reason }
    write(at, { kind: 'break-glass.ended', ...about, ...(by !== undefined && { by }), ...(because && { because }) })
    return find(id)
  }

  function review(
    at: string,
    { id, digest, input }: BreakGlassOpening,
    who: Person,
    decision: 'approve' | 'deny',
    reason: string,
  ): BreakGlassOpening {
    const vote = { person: { sub: who.sub, name: who.name }, decision, reason, at, signature: 'MEUCIQ', key: {} }
    write(at, { kind: 'break-glass.reviewed', breakGlass: id, digest, person: input.person, connection: input.connection, vote })
    return find(id)
  }

  if (scenario !== 'empty') {
    const [nightly, locked] = [setRule(ago(now, days(40)), idOf('nights'), nights), setRule(ago(now, days(22)), idOf('crm'), crm)]
    if (scenario === 'four-eyes')
      setRule(ago(now, hours(3)), idOf('nights'), { ...nights, maxMinutes: 45 }, sofia.sub, 'break-glass.rule-proposed')
    const many = scenario === 'too-much' ? 40 : 1
    for (let week = many; week > 0; week -= 1) {
      const begun = days(7 * week + 2)
      const long = 'An import had locked the table of orders, and every payment of the last twenty minutes was waiting for it. '
      const reason = `INC-4${100 + week}: ${week % 5 === 0 ? long.repeat(4) : long}`.trim()
      const old = end(ago(now, begun - minutes(15)), open(ago(now, begun), people.mira, nightly, { minutes: 15, reason }, 3), 'time-over')
      review(
        ago(now, begun - hours(6)),
        old,
        people.jonas,
        'approve',
        'Read the three statements: they only ended the import that INC-41 names.',
      )
    }
    const unjustified = open(
      ago(now, days(5)),
      tomas,
      locked,
      { minutes: 10, reason: 'A customer on the phone could not wait for the desk' },
      1,
    )
    end(ago(now, days(5) - minutes(4)), unjustified, 'stopped', people.jonas.sub, 'this is no incident')
    review(ago(now, days(4)), unjustified, people.jonas, 'deny', 'A reviewer was there, and the customer could have waited ten minutes.')
    const due = { minutes: 15, reason: 'INC-4178: nobody can sign in to the CRM since the directory was moved tonight' }
    end(ago(now, days(2) - minutes(15)), open(ago(now, days(2)), noor, locked, due, 2), 'time-over')
    const running = { minutes: 15, reason: 'INC-4203: refunds are sent twice, and nobody of dba answers the pager' }
    open(ago(now, minutes(6)), tomas, locked, running, 1)
  }

  const seesAll = person.roles.some((role) => role !== 'operator')
  const rules = () => ({ rules: book.rules(), proposals: book.proposals(), approvals })
  const done = <T>(result: T): T => {
    changed()
    return result
  }
  return {
    'break-glass:overview': () => ({
      offers: book.rules().filter(({ terms }) => isNamed(terms, person)),
      openings: book
        .openings()
        .filter(({ input }) => seesAll || input.person === person.sub)
        .map(({ id }) => find(id)),
    }),
    'break-glass:open': ({ rule, minutes: length, reason }) =>
      done(open(current(), person, rule as BreakGlassRule, { minutes: length, reason })),
    'break-glass:end': ({ id, reason }) => {
      const own = find(id).input.person === person.sub
      return done(end(current(), find(id), own ? 'by-owner' : 'stopped', person.sub, reason))
    },
    'break-glass:review': ({ id, decision, reason }) => done(review(current(), find(id), person, decision, reason)),
    'break-glass:rules': rules,
    'break-glass:set-rule': ({ id, terms }) => {
      const kind = approvals > 1 ? 'break-glass.rule-proposed' : 'break-glass.rule'
      setRule(current(), id ?? idOf(terms.title), terms as BreakGlassTerms, person.sub, kind)
      return done(rules())
    },
    'break-glass:decide-rule': ({ id, version, decision }) => {
      const proposal = book.proposal(id)
      if (!proposal) throw new AppError('NOT_FOUND', { what: 'The proposal' })
      if (decision === 'deny') write(current(), { kind: 'break-glass.rule-rejected', rule: id, version, by: person.sub })
      else write(current(), { kind: 'break-glass.rule', rule: id, terms: proposal.terms, version, by: proposal.by, approvedBy: person.sub })
      return done(rules())
    },
    'break-glass:remove-rule': (id) => {
      write(current(), { kind: 'break-glass.rule-removed', rule: id, connection: book.rule(id)?.terms.connection, by: person.sub })
      return done(rules())
    },
  }
}
