import { AppError } from '../../src-protocol/app-error.ts'
import type { SimulatedChange, SimulationRun } from '../../src-protocol/simulation.ts'
import { fakeLibraryRows } from './recordings/library-rows.ts'
import { ago, hours, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'

type Channel = 'policies:simulate' | 'policies:simulation' | 'policies:cancel-simulation'

const asked: readonly (readonly [text: string, to: SimulatedChange['to'], rule: string])[] = [
  ["CREATE TABLE tmp_refunds AS SELECT * FROM refunds WHERE state = 'stuck'", 'review', 'schema-change'],
  ['CREATE INDEX CONCURRENTLY refunds_state ON refunds (state)', 'review', 'schema-change'],
  ['UPDATE refunds SET note = NULL', 'deny', 'bulk-update'],
  ['ALTER TABLE refunds ADD COLUMN checked_by text', 'review', 'schema-change'],
  ["UPDATE customers SET email = '[MASKED:email]'", 'indeterminate', 'bulk-update'],
  ['GRANT SELECT ON refunds TO reporting', 'review', 'schema-change'],
]

/** Runs that take a moment: half of the recordings at each look, nothing is left to do at the third. */
export function fakeSimulations({ scenario, now, person }: FakeSetting): Pick<FakeHandlers, Channel> {
  const total = scenario === 'empty' ? 0 : scenario === 'too-much' ? 10_000 : 942
  let run: SimulationRun | undefined
  let looks = 0
  const find = (id: string): SimulationRun => {
    if (run?.id !== id) throw new AppError('NOT_FOUND', { what: 'The simulation' })
    return run
  }
  return {
    'policies:simulate': ({ text }) => {
      if (text.includes('severity:')) throw new AppError('POLICY_INVALID', { problem: 'rules.1 (line 16): The key severity is not known' })
      looks = 0
      run = { id: 'sim_4f19c2Kd83mQpW7x', state: 'running', by: person.name, startedAt: ago(now, 0), done: 0, total, skipped: 0 }
      return run
    },
    'policies:simulation': (id) => {
      const before = find(id)
      looks += 1
      if (before.state !== 'running') return before
      // under an alarm it never ends, to be looked at
      if (looks < 3 || scenario === 'alarm') return (run = { ...before, done: Math.floor(total * 0.4) })
      return (run = {
        ...before,
        state: 'done',
        done: total,
        endedAt: ago(now, -9),
        skipped: total > 0 ? 2 : 0,
        result: resultOf(total, now),
      })
    },
    'policies:cancel-simulation': (id) => (run = { ...find(id), state: 'cancelled', endedAt: ago(now, -4) }),
  }
}

function resultOf(sessions: number, now: number): SimulationRun['result'] {
  const count = sessions === 0 ? 0 : sessions > 2000 ? 2000 : 28
  const rows = fakeLibraryRows()
  const changes = Array.from({ length: count }, (_, at): SimulatedChange => {
    const [summary, to, rule] = asked[at % asked.length]!
    const { session, person, connection } = rows[at % rows.length]!
    return {
      session,
      seq: 11 + (at % 20),
      at: ago(now, hours(9 * at + 3)),
      person,
      connection,
      method: 'tools/call',
      tool: 'execute_sql',
      summary,
      from: 'allow',
      fromRule: 'read-orders',
      to,
      rule,
      because: 'Schema changes in production need a DBA.',
    }
  })
  const counted = (to: SimulatedChange['to']) => ({
    from: 'allow' as const,
    to,
    count: changes.filter((change) => change.to === to).length,
  })
  return {
    policyVersion: 'a draft',
    sessions,
    messages: sessions * 59 + count,
    unreadable: 0,
    transitions: [
      ...(sessions > 0 ? [{ from: 'allow' as const, to: 'allow' as const, count: sessions * 59 }] : []),
      ...(['review', 'deny', 'indeterminate'] as const).map(counted).filter((transition) => transition.count > 0),
    ],
    changes,
  }
}
