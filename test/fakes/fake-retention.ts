import { AppError } from '../../src-protocol/app-error.ts'
import { connectionName, holdId } from '../../src-protocol/ids.ts'
import { holdRequest, retentionTerms, type Hold, type RetentionOverview } from '../../src-protocol/retention.ts'
import { ago, days, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'
import { people, sofia } from './fake-people.ts'
import { fakeSessionId } from './fake-recordings.ts'

type RetentionHandlers = Pick<
  FakeHandlers,
  'retention:get' | 'retention:place-hold' | 'retention:release-hold' | 'retention:refuse-release'
>

const idOf = (number: number) => holdId.parse(`hld_${String(number).padStart(16, '0')}`)
const orders = connectionName.parse('orders-db')

/** A rule of a year with two exceptions, three holds in each of their states, and recordings that are due soon. */
export function fakeRetention({ scenario, now, person }: FakeSetting): RetentionHandlers {
  const approvals = scenario === 'four-eyes' ? 2 : 1
  const holds: Hold[] =
    scenario === 'empty'
      ? []
      : [
          {
            id: idOf(3),
            selection: { person: people.mira.sub, connection: orders, endedFrom: ago(now, days(200)) },
            reason: 'Refund 88121 is before a court: everything about the orders of that customer is kept',
            by: people.priya.sub,
            at: ago(now, days(12)),
            index: 48_211,
            approvals,
          },
          {
            id: idOf(2),
            selection: { sessions: [fakeSessionId(11), fakeSessionId(12)] },
            reason: 'Asked for by the works council',
            by: sofia.sub,
            at: ago(now, days(40)),
            index: 41_007,
            approvals: 2,
            asked: { by: sofia.sub, at: ago(now, days(1)), reason: 'The council has what it needs' },
          },
          {
            id: idOf(1),
            selection: { connection: orders, endedBefore: ago(now, days(300)) },
            reason: 'Audit of the year',
            by: people.priya.sub,
            at: ago(now, days(90)),
            index: 20_400,
            approvals: 1,
            released: { by: people.priya.sub, at: ago(now, days(30)), reason: 'The audit is over' },
          },
        ]
  const find = (id: string): Hold => {
    const hold = holds.find((one) => one.id === id)
    if (!hold) throw new AppError('NOT_FOUND', { what: 'The hold' })
    return hold
  }
  const at = () => new Date().toISOString()
  const waits = [undefined, undefined, 'finding', undefined, 'clock', undefined] as const
  const overview = (): RetentionOverview => ({
    ...(scenario !== 'empty' && {
      rule: {
        terms: retentionTerms.parse({ days: 365, connections: { 'payments-api': 730, 'customer-files': 'keep' } }),
        index: 12_044,
        at: ago(now, days(100)),
        countsFrom: scenario === 'four-eyes' ? 'after-notice' : 'now',
      },
    }),
    next:
      scenario === 'empty'
        ? []
        : Array.from({ length: scenario === 'too-much' ? 50 : 6 }, (_, index) => ({
            session: fakeSessionId(200 + index),
            connection: orders,
            person: index % 2 === 0 ? people.mira.sub : people.jonas.sub,
            endedAt: ago(now, days(365) - index * 3600),
            dueAt: ago(now, -index * 3600),
            ...(waits[index] !== undefined && { waits: waits[index] }),
          })),
    heldDue: scenario === 'empty' ? 0 : 14,
    removed: scenario === 'empty' ? { total: 0 } : { total: 1842, lastAt: ago(now, 5400) },
    holds,
    releaseApprovals: approvals,
  })
  return {
    'retention:get': overview,
    'retention:place-hold'(request) {
      const { selection, reason } = holdRequest.parse(request)
      const hold: Hold = { id: idOf(holds.length + 4), selection, reason, by: person.sub, at: at(), index: 50_000, approvals }
      holds.unshift(hold)
      return hold
    },
    'retention:release-hold'({ id, reason }) {
      const hold = find(id)
      const said = { by: person.sub, at: at(), reason }
      return Object.assign(hold, hold.approvals === 2 && !hold.asked ? { asked: said } : { released: said })
    },
    'retention:refuse-release'({ id }) {
      const hold = find(id)
      delete hold.asked
      return hold
    },
  }
}
