import { createAccessBook } from '../../src-core/access/access-book.ts'
import { explainStanding } from '../../src-core/access/explain-standing.ts'
import { judgeAsk } from '../../src-core/access/judge-access.ts'
import type { AccessEndReason, AccessRequest, AccessSchedule, AccessTerms } from '../../src-protocol/access.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { AccessGrantId, AccessRequestId, AccessRuleId, ConnectionName } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import { ines, noor, people, sofia, tomas } from './fake-people.ts'
import { ago, days, fakeHex, hours, minutes, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'

type AccessChannel = Extract<keyof FakeHandlers, `access:${string}` | `people:${string}`>
type Draft<K extends LogEntry['kind']> = Omit<Extract<LogEntry, { kind: K }>, 'v' | 'at'>

export const pendingAccess = `acq_${fakeHex('pending', 16)}`

const officeHours: AccessSchedule = {
  zone: 'Europe/Berlin',
  windows: [{ days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], from: '08:00', to: '18:00' }],
}

/** Access as the gateway would keep it: what is done here has the effect that it has there. */
export function fakeAccess(
  setting: FakeSetting,
  ports: { connections: () => readonly Connection[]; changed: () => void },
): Pick<FakeHandlers, AccessChannel> {
  const { now, person, scenario } = setting
  const book = createAccessBook()
  let ids = 0
  const write = (at: string, draft: object): void => book.apply({ v: 1, at, ...draft } as LogEntry)
  const current = (): string => new Date().toISOString()
  const id = (prefix: string, name = `${prefix}${(ids += 1)}`): string => `${prefix}_${fakeHex(name, 16)}`

  function setRule(at: string, name: string, terms: AccessTerms, by = 'u-0005'): AccessRuleId {
    const rule = name as AccessRuleId
    write(at, { kind: 'access.rule', rule, terms, version: fakeHex(JSON.stringify(terms)), by } satisfies Draft<'access.rule'>)
    return rule
  }

  function ask(
    at: string,
    who: Person,
    rule: AccessRuleId,
    asked: { minutes: number; reason: string; ticket?: string },
    name?: string,
  ): AccessRequest {
    const found = book.rule(rule)
    if (!found) throw new AppError('NOT_FOUND', { what: 'The access rule' })
    const { connection, approvers, title } = found.terms
    const request = (name ?? id('acq')) as AccessRequestId
    const decideBy = new Date(Date.parse(at) + hours(8) * 1000).toISOString()
    write(at, {
      kind: 'access.requested',
      request,
      requester: { sub: who.sub, name: who.name, email: who.email, groups: who.groups },
      ruleTitle: title,
      digest: fakeHex(request),
      input: { v: 1, request, nonce: 'n', requester: who.sub, connection, rule, ruleVersion: found.version, ...asked, approvers, decideBy },
    } satisfies Draft<'access.requested'>)
    return find(request)
  }

  function find(request: string): AccessRequest {
    const found = book.request(request)
    if (!found) throw new AppError('NOT_FOUND', { what: 'The request for access' })
    return found
  }

  const voteOf = (who: Person, decision: 'approve' | 'deny', reason: string, at: string) => ({
    vote: { person: { sub: who.sub, name: who.name }, decision, reason, at, signature: 'MEUCIQ', key: {} },
  })

  function grant(at: string, request: AccessRequest, by?: { who: Person; reason: string }): AccessGrantId {
    const given = id('acg') as AccessGrantId
    const { requester, connection, digest, minutes: length } = request
    write(at, {
      kind: 'access.granted',
      request: request.id,
      digest,
      grant: given,
      person: requester.sub,
      connection,
      startsAt: at,
      endsAt: new Date(Date.parse(at) + length * 60_000).toISOString(),
      ...(by && voteOf(by.who, 'approve', by.reason, at)),
    } satisfies Draft<'access.granted'>)
    return given
  }

  function end(at: string, given: string, reason: AccessEndReason, by?: string, because?: string): void {
    const found = book.grant(given)
    if (!found) throw new AppError('NOT_FOUND', { what: 'The access' })
    const { id: grantId, person: who, connection } = found
    write(at, { kind: 'access.ended', grant: grantId, person: who.sub, connection, reason, by, because } satisfies Draft<'access.ended'>)
  }

  function writeExamples(): void {
    const on = (name: string): ConnectionName => name as ConnectionName
    const shared = { reasonRequired: true, ticketRequired: false }
    const crm = setRule(ago(now, days(40)), id('acr'), {
      connection: on('crm-prod'),
      title: 'Support, working hours',
      groups: ['crm-support'],
      maxMinutes: 120,
      approvers: ['dba'],
      ...shared,
      ticketRequired: true,
      ticketPattern: 'CASE-[0-9]+',
      schedule: officeHours,
    })
    const github = setRule(ago(now, days(30)), id('acr'), {
      connection: on('github-internal'),
      title: 'Engineers',
      groups: ['engineering'],
      maxMinutes: 480,
      approvers: [],
      ...shared,
    })
    const warehouse = setRule(ago(now, days(20)), id('acr'), {
      connection: on('warehouse'),
      title: 'On call',
      groups: ['data-oncall'],
      maxMinutes: 60,
      approvers: ['dba', 'gatehouse-admins'],
      ...shared,
      ticketRequired: true,
      ticketPattern: 'INC-[0-9]+',
    })
    setRule(ago(now, days(20)), id('acr'), {
      connection: on('warehouse'),
      title: 'Night shift',
      groups: ['data-oncall'],
      maxMinutes: 480,
      approvers: ['dba'],
      ...shared,
      schedule: { zone: 'Europe/Berlin', windows: [{ days: ['friday', 'saturday'], from: '22:00', to: '06:00' }] },
    })
    const earlier = grant(
      ago(now, days(2)),
      ask(ago(now, days(2) + 300), tomas, github, { minutes: 240, reason: 'Release 4.12 needs its milestones sorted.' }),
    )
    end(ago(now, days(2) - hours(4)), earlier, 'time-over')
    const revoked = grant(
      ago(now, days(1)),
      ask(ago(now, days(1) + 900), ines, crm, { minutes: 60, reason: 'A customer cannot log in.', ticket: 'CASE-88121' }),
      {
        who: people.jonas,
        reason: 'Known case.',
      },
    )
    end(ago(now, days(1) - minutes(20)), revoked, 'revoked', people.priya.sub, 'The case was closed while the access ran.')
    const denied = ask(ago(now, hours(5)), noor, github, { minutes: 480, reason: 'Looking around.' })
    write(ago(now, hours(5) - 300), {
      kind: 'access.settled',
      request: denied.id,
      digest: denied.digest,
      person: noor.sub,
      connection: denied.connection,
      state: 'denied',
      ...voteOf(people.jonas, 'deny', 'Say what you are looking for.', ago(now, hours(5) - 300)),
    } satisfies Draft<'access.settled'>)
    grant(
      ago(now, minutes(25)),
      ask(ago(now, minutes(40)), people.mira, github, { minutes: 120, reason: 'INC-4127: which change broke refunds?' }),
    )
    ask(
      ago(now, minutes(12)),
      people.mira,
      warehouse,
      { minutes: 45, reason: 'INC-4127: compare refunds with the replica before they are repaired.', ticket: 'INC-4127' },
      pendingAccess,
    )
    ask(ago(now, hours(2)), ines, crm, { minutes: 90, reason: 'Two cases about the same invoice.', ticket: 'CASE-90417' })
  }
  if (scenario !== 'empty') writeExamples()
  if (scenario === 'too-much')
    for (let count = 0; count < 120; count += 1) {
      const rule = book.rules('github-internal')[0]?.id
      if (rule)
        end(
          ago(now, hours(count + 6)),
          grant(
            ago(now, hours(count + 7)),
            ask(ago(now, hours(count + 8)), tomas, rule, {
              minutes: 60,
              reason: `Release ${count}: a reason that somebody wrote at some length, because the incident had a long history and several teams took part in it.`,
            }),
          ),
          'time-over',
        )
    }

  const seen = [people.mira, people.jonas, people.helene, people.priya, tomas, ines, noor, sofia]
  const standing = (who: Person, connection: Connection) => explainStanding({ connection, person: who, book, now: new Date() })
  const reviewer = (approvers: readonly string[]): boolean =>
    person.roles.includes('reviewer') && approvers.some((group) => person.groups.includes(group))
  const seesAll = person.roles.includes('administrator') || person.roles.includes('auditor')
  const done = <T>(value: T): T => {
    ports.changed()
    return value
  }

  return {
    'access:standings': () => Object.fromEntries(ports.connections().map((connection) => [connection.name, standing(person, connection)])),
    'access:overview': () => ({
      requests: book
        .requests()
        .filter(({ requester, digestInput }) => seesAll || requester.sub === person.sub || reviewer(digestInput.approvers)),
      grants: book
        .grants()
        .filter((one) => seesAll || one.person.sub === person.sub || reviewer(book.rule(one.rule)?.terms.approvers ?? [])),
    }),
    'access:ask': ({ rule, ...asked }) => {
      const found = book.rule(rule)
      const judged = found && judgeAsk(found.terms, asked, person, new Date())
      if (judged?.ok === false) throw judged.error
      const request = ask(current(), person, rule as AccessRuleId, asked)
      if (found?.terms.approvers.length === 0) grant(current(), request)
      return done(find(request.id))
    },
    'access:decide': ({ request: asked, decision, reason }) => {
      const request = find(asked)
      const { digest, requester, connection } = request
      if (decision === 'approve') grant(current(), request, { who: person, reason })
      else
        write(current(), {
          kind: 'access.settled',
          request: request.id,
          digest,
          person: requester.sub,
          connection,
          state: 'denied',
          ...voteOf(person, 'deny', reason, current()),
        } satisfies Draft<'access.settled'>)
      return done(find(asked))
    },
    'access:withdraw': (asked) => {
      const { id: request, digest, requester, connection } = find(asked)
      write(current(), {
        kind: 'access.settled',
        request,
        digest,
        person: requester.sub,
        connection,
        state: 'withdrawn',
      } satisfies Draft<'access.settled'>)
      return done(find(asked))
    },
    'access:end': ({ grant: given, reason }) => {
      const own = book.grant(given)?.person.sub === person.sub
      end(current(), given, own ? 'returned' : 'revoked', person.sub, reason)
      const ended = book.grant(given)
      if (!ended) throw new AppError('NOT_FOUND', { what: 'The access' })
      return done(ended)
    },
    'access:rules': () => book.rules(),
    'access:create-rule': (terms) => {
      const rule = book.rule(setRule(current(), id('acr'), terms as AccessTerms, person.sub))
      if (!rule) throw new AppError('NOT_FOUND', { what: 'The access rule' })
      return done(rule)
    },
    'access:change-rule': ({ id: rule, terms }) => {
      setRule(current(), rule, terms as AccessTerms, person.sub)
      const changed = book.rule(rule)
      if (!changed) throw new AppError('NOT_FOUND', { what: 'The access rule' })
      return done(changed)
    },
    'access:remove-rule': (rule) => {
      write(current(), { kind: 'access.rule-removed', rule, connection: book.rule(rule)?.terms.connection, by: person.sub })
      ports.changed()
    },
    'people:list': () =>
      scenario === 'empty'
        ? []
        : seen.map((one, index) => ({
            person: one,
            firstSignInAt: ago(now, days(120 - index * 9)),
            lastSignInAt: ago(now, hours(index * 3 + 1)),
            lastSeenAt: ago(now, minutes(index * 7 + 2)),
          })),
    'people:reach': (sub) => {
      const who = seen.find((one) => one.sub === sub)
      if (!who) throw new AppError('NOT_FOUND', { what: 'The person' })
      return ports
        .connections()
        .map((connection) => ({ connection: connection.name, title: connection.title, standing: standing(who, connection) }))
    },
  }
}
