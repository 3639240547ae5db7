import type { KnownWitness } from '../../src-protocol/known-witnesses.ts'
import type { FakeHandlers, Scenario } from './fake-scenario.ts'

const keyText = (name: string): string => `${name}+8d66cf3f+BAzSGx6PHq0ZkXk0Yz0cB7bqJr3uO5nM8w2y1t4s6v9`

/** Two witnesses: one that cosigned a moment ago, and one that is behind where a scenario alarms. */
export function fakeWitnesses(scenario: Scenario): Pick<FakeHandlers, Extract<keyof FakeHandlers, `witnesses:${string}`>> {
  const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
  let known: KnownWitness[] =
    scenario === 'empty'
      ? []
      : [
          { name: 'witness.example/w1', key: keyText('witness.example/w1'), state: 'cosigned', last: { size: 48_211, at: at(1) } },
          {
            name: 'witness.example/w2',
            key: keyText('witness.example/w2'),
            state: scenario === 'alarm' ? 'behind' : 'cosigned',
            last: { size: scenario === 'alarm' ? 47_002 : 48_211, at: at(scenario === 'alarm' ? 340 : 1) },
          },
        ]
  return {
    'witnesses:list': () => known,
    'witnesses:add': (key) => (known = [...known, { name: key.split('+')[0] ?? key, key, state: 'never' }]),
    'witnesses:remove': (key) => (known = known.filter((witness) => witness.key !== key)),
  }
}
