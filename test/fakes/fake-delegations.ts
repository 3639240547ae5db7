import { AppError } from '../../src-protocol/app-error.ts'
import type { Delegation } from '../../src-protocol/delegation.ts'
import type { DelegationId } from '../../src-protocol/ids.ts'
import type { Person } from '../../src-protocol/model.ts'
import { people } from './fake-people.ts'
import { ago, days, fakeHex, hours, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'

type DelegationChannel = Extract<keyof FakeHandlers, `delegations:${string}`>
type Named = Pick<Person, 'sub' | 'name'>

const named = ({ sub, name }: Named): Named => ({ sub, name })
const ada: Named = { sub: 'u-0099', name: 'Ada Kim' }
const lea: Named = { sub: 'u-0231', name: 'Lea Fischer' }
const idOf = (name: string) => `dlg_${fakeHex(name, 16)}` as DelegationId

/** Ada is away and has named Priya; Jonas will be away next week and was before. */
const examples = (now: number): Delegation[] => [
  {
    id: idOf('ada'),
    delegator: ada,
    delegate: named(people.priya),
    groups: ['dba'],
    from: ago(now, days(2)),
    until: ago(now, -days(3)),
    reason: 'At the database conference until Thursday.',
    givenAt: ago(now, days(2)),
  },
  {
    id: idOf('jonas next'),
    delegator: named(people.jonas),
    delegate: ada,
    groups: ['dba'],
    from: ago(now, -days(6)),
    until: ago(now, -days(13)),
    reason: 'Parental leave, first week.',
    givenAt: ago(now, hours(5)),
  },
  {
    id: idOf('jonas before'),
    delegator: named(people.jonas),
    delegate: lea,
    groups: ['dba', 'engineering'],
    from: ago(now, days(40)),
    until: ago(now, days(30)),
    reason: 'Holidays.',
    givenAt: ago(now, days(41)),
    endedAt: ago(now, days(33)),
    endReason: 'taken-back',
  },
]

/** Who decides in whose place, kept in memory. */
export function fakeDelegations(
  { scenario, person, now }: FakeSetting,
  changed: () => void,
): Pick<FakeHandlers, DelegationChannel> & { received: () => Delegation[] } {
  let all = scenario === 'full' ? examples(now) : []
  const own = () => all.filter(({ delegator, delegate }) => [delegator.sub, delegate.sub].includes(person.sub))
  return {
    received: () => all.filter(({ delegate, endedAt }) => delegate.sub === person.sub && endedAt === undefined),
    'delegations:list': own,
    'delegations:delegates': () => [ada, people.jonas, lea, people.priya].map(named).filter(({ sub }) => sub !== person.sub),
    'delegations:give': ({ delegate, ...terms }) => {
      const known = [ada, people.jonas, lea, people.priya].find(({ sub }) => sub === delegate)
      if (!known) throw new AppError('DELEGATION_INVALID', { problem: 'this person has never signed in here with a key of their own' })
      const id = idOf(`given ${all.length}`)
      const given: Delegation = { id, delegator: named(person), delegate: named(known), ...terms, givenAt: new Date().toISOString() }
      all = [given, ...all]
      changed()
      return given
    },
    'delegations:end': (id) => {
      const found = all.find((one) => one.id === id)
      if (!found) throw new AppError('NOT_FOUND', { what: 'Your delegation' })
      const endReason = found.delegator.sub === person.sub ? 'taken-back' : 'given-back'
      const ended: Delegation = { ...found, endedAt: new Date().toISOString(), endReason }
      all = all.map((one) => (one.id === id ? ended : one))
      changed()
      return ended
    },
  }
}
