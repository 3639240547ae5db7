import type { Person } from '../../src-protocol/model.ts'
import type { PersonName } from './fake-scenario.ts'

export const people: Record<PersonName, Person> = {
  mira: {
    sub: 'u-1042',
    name: 'Mira Okafor',
    email: 'mira.okafor@acme.example',
    groups: ['data-oncall', 'engineering'],
    roles: ['operator'],
  },
  jonas: {
    sub: 'u-0077',
    name: 'Jonas Lindqvist',
    email: 'jonas.lindqvist@acme.example',
    groups: ['dba', 'engineering'],
    roles: ['reviewer'],
  },
  helene: { sub: 'u-0311', name: 'Helene Brandt', email: 'helene.brandt@acme.example', groups: ['audit'], roles: ['auditor'] },
  priya: {
    sub: 'u-0005',
    name: 'Priya Raman',
    email: 'priya.raman@acme.example',
    groups: ['gatehouse-admins'],
    roles: ['administrator', 'operator', 'reviewer'],
  },
}

const colleague = (sub: string, name: string, groups: string[]): Person => ({
  sub,
  name,
  email: `${name.toLowerCase().replace(' ', '.').normalize('NFD').replace(/\p{M}/gu, '')}@acme.example`,
  groups,
  roles: ['operator'],
})

export const tomas = colleague('u-0420', 'Tomas Rehák', ['billing', 'engineering'])
export const ines = colleague('u-0555', 'Ines Duarte', ['crm-support'])
/** the other administrator */
export const sofia: Person = { ...colleague('u-0012', 'Sofia Lund', ['gatehouse-admins']), roles: ['administrator'] }
export const noor = colleague('u-0618', 'Noor Haddad', ['security', 'engineering'])
