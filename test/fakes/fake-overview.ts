import { controls as soc } from '../../src-core/evidence/controls.ts'
import type { ControlEvidence, ControlId, ControlTestResult } from '../../src-protocol/controls.ts'
import type { ApprovalId, ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { AccessReviewRow, Overview, OverviewApproval, OverviewSession, Period } from '../../src-protocol/overview.ts'
import { ago, hours, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'

type OverviewChannel = Extract<keyof FakeHandlers, `overview:${string}` | `controls:${string}`>

const dayMs = 86_400_000
const names = ['Mira Okafor', 'Tomas Novak', 'Ines Duarte', 'Noor Haddad', 'Jonas Lindqvist']
const connections = ['orders-db', 'billing-files', 'crm-prod', 'github-internal']

/** Numbers of a period that look like a real one, and always the same. */
export function fakeOverview(
  { scenario, now }: FakeSetting,
  access: () => ReturnType<FakeHandlers['access:overview']>,
): Pick<FakeHandlers, OverviewChannel> {
  const many = scenario === 'too-much' ? 1400 : 1

  function overviewOf(period: Period): Overview {
    const empty = scenario === 'empty'
    const hourly = Date.parse(period.to) - Date.parse(period.from) <= dayMs
    const step = hourly ? 3_600_000 : dayMs
    const series: Overview['series'] = []
    const end = empty ? 0 : Math.min(now, Date.parse(period.to) + dayMs)
    for (let at = Date.parse(period.from), index = 0; at < end; at += step, index += 1) {
      const wave = Math.round((20 + 17 * Math.sin(index / 1.7) + (index % 7 < 5 ? 22 : 0)) * many)
      const counts = {
        allowed: wave,
        masked: Math.round(wave * 0.31),
        held: Math.round(wave * 0.05),
        denied: index % 4 === 0 ? Math.round(wave * 0.07) : 0,
      }
      series.push({
        at: hourly ? new Date(at).toISOString() : new Date(at).toISOString().slice(0, 10),
        sessions: Math.ceil(wave / 14),
        ...counts,
      })
    }
    const sum = (key: 'sessions' | 'allowed' | 'masked' | 'held' | 'denied') => series.reduce((total, bucket) => total + bucket[key], 0)
    const held = sum('held')
    return {
      period,
      at: ago(now, 0),
      sessions: sum('sessions'),
      people: empty ? 0 : names.length,
      calls: { allowed: sum('allowed'), masked: sum('masked'), held, denied: sum('denied') },
      series,
      grain: hourly ? 'hour' : 'day',
      approvals: {
        outcomes: [
          { outcome: 'pending', count: empty ? 0 : 2 },
          { outcome: 'approved', count: Math.round(held * 0.7) },
          { outcome: 'denied', count: Math.round(held * 0.16) },
          { outcome: 'expired', count: Math.round(held * 0.08) },
          { outcome: 'withdrawn', count: Math.round(held * 0.04) },
          { outcome: 'void', count: Math.round(held * 0.02) },
        ],
        waiting: [0.31, 0.28, 0.16, 0.08, 0.03, 0].map((share) => Math.round(held * share)),
        ...(!empty && { medianSeconds: 141, longestSeconds: 9420 }),
      },
      access: empty
        ? []
        : names.flatMap((name, person) =>
            connections.slice(0, 4 - (person % 3)).map((connection, index) => ({
              person: { sub: `sub-${person}`, name },
              connection,
              sessions: (14 - person * 2 - index) * many,
              calls: {
                allowed: (210 - person * 31 - index * 12) * many,
                masked: (61 - index * 9) * many,
                held: 4 - index,
                denied: index === 0 ? 3 : 0,
              },
            })),
          ),
      accessMore: scenario === 'too-much' ? 312 : 0,
      masks: empty
        ? []
        : [
            { rule: 'payment-data', values: 412 * many },
            { rule: 'personal-contact', values: 286 * many },
            { rule: 'customer-names', values: 97 * many },
            { rule: 'access-keys', values: 6 * many },
          ],
      gaps: [
        { gap: 'missing-number', count: scenario === 'alarm' ? 2 : 0 },
        { gap: 'gateway-crash', count: scenario === 'alarm' ? 1 : 0 },
        { gap: 'recording-unavailable', count: 0 },
        { gap: 'recording-altered', count: scenario === 'alarm' ? 1 : 0 },
      ],
    }
  }

  const sessionRows: OverviewSession[] = Array.from({ length: scenario === 'empty' ? 0 : 24 }, (_, index) => ({
    session: `ses_${String(index).padStart(16, '0')}` as SessionId,
    connection: connections[index % 4] ?? '',
    person: { sub: `sub-${index % 5}`, name: names[index % 5] ?? '' },
    openedAt: ago(now, hours(index * 3 + 1)),
    ...(index > 0 && {
      closedAt: ago(now, hours(index * 3)),
      endReason: index % 5 === 0 ? ('expired' as const) : ('ended-by-operator' as const),
    }),
    calls: { allowed: 40 - index, masked: 11, held: index % 3, denied: index % 4 },
    values: 17 + index,
  }))
  const approvalRows: OverviewApproval[] = Array.from({ length: scenario === 'empty' ? 0 : 12 }, (_, index) => ({
    approval: `apr_${String(index).padStart(16, '0')}` as ApprovalId,
    session: `ses_${String(index).padStart(16, '0')}` as SessionId,
    connection: connections[index % 4] ?? '',
    tool: 'execute_sql',
    requester: { sub: 'sub-0', name: 'Mira Okafor' },
    requestedAt: ago(now, hours(index * 5 + 1)),
    outcome: index % 4 === 3 ? 'denied' : 'approved',
    settledAt: ago(now, hours(index * 5 + 1) - 90),
    waitedSeconds: 90 + index * 40,
    deciders: [{ sub: 'sub-4', name: 'Jonas Lindqvist' }],
  }))
  const reviewRows: AccessReviewRow[] =
    scenario === 'empty'
      ? []
      : names.flatMap((name, person) =>
          connections.map((connection, index) => ({
            person: { sub: `sub-${person}`, name, email: `${name.toLowerCase().replace(' ', '.')}@acme.example` },
            connection: connection as ConnectionName,
            may: (person + index) % 3 !== 0,
            through: (person + index) % 3 === 1 ? ['data-oncall'] : [],
            needsAccess: index === 3,
            ...(index === 3 && person === 1 && { accessUntil: ago(now, -hours(2)) }),
            sessions: (person + index) % 4 === 2 ? 0 : 12 - person - index,
            ...((person + index) % 4 !== 2 && { lastUsedAt: ago(now, hours(7 * (person + 1) * (index + 1))) }),
          })),
        )
  const evidence: ControlEvidence[] = soc.map(({ id }, index) => ({
    control: id as ControlId,
    held: [
      { what: 'calls decided by policy', count: 1834 * many, link: 'sessions' },
      { what: 'of them denied', count: index % 3 === 0 ? 0 : 41, link: 'denied' },
      { what: 'sign-ins and sign-outs', count: 118 },
    ],
    missing: index % 4 === 2 ? [] : ['What went past the gateway: a server that can be reached without it has to be closed elsewhere.'],
  }))

  return {
    'overview:get': overviewOf,
    'overview:sessions': () => ({ rows: sessionRows, missing: [{ from: 118, to: 119, at: ago(now, hours(9)) }], next: 'more' }),
    'overview:approvals': () => ({ rows: approvalRows }),
    'overview:access-review': async () => ({ at: ago(now, 0), rows: reviewRows, grants: (await access()).grants }),
    'overview:export-access-review': () => ({
      file: '/home/helene/access-review-2026-11-22.csv',
      grants: '/home/helene/access-grants-2026-11-22.csv',
    }),
    'controls:get': (period) => ({ period, at: ago(now, 0), controls: evidence }),
    'controls:test': (control) => testResult(control, now),
  }
}

function testResult(control: ControlId, now: number): ControlTestResult {
  const outcome = control === 'C1.1' ? 'failed' : control === 'A1.2' ? 'not-possible' : 'held'
  const steps = {
    held: [
      'A call of a tool that no rule names, on orders-db, is denied: No rule of the policy allows this, so it is denied.',
      'A call of a tool that no rule names, on crm-prod, is denied: No rule of the policy allows this, so it is denied.',
    ],
    failed: ['On crm-prod, an invented value stood in the recording unmasked: email.'],
    'not-possible': ['No session has been closed yet: there is no recording to try it on.'],
  }[outcome]
  return { control, outcome, steps, at: ago(now, 1), tookMs: 34, logIndex: 48_212 }
}
