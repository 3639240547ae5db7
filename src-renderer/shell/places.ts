import {
  Activity,
  Archive,
  ChartColumn,
  CirclePlay,
  Cpu,
  FileCheck,
  Inbox,
  KeyRound,
  Plug,
  ScrollText,
  Settings,
  ShieldCheck,
  Siren,
  Users,
  VenetianMask,
  type LucideIcon,
} from 'lucide-react'
import type { Role } from '../../src-protocol/model.ts'

export interface Place {
  to:
    | '/connections'
    | '/sessions'
    | '/inbox/{-$approval}'
    | '/recordings'
    | '/overview'
    | '/controls'
    | '/evidence'
    | '/policies'
    | '/masking'
    | '/access'
    | '/break-glass'
    | '/people'
    | '/retention'
    | '/agents'
    | '/settings'
  /** the path without its parameters */
  path: string
  title: string
  icon: LucideIcon
  /** who finds it in the navigation; undefined: everybody */
  roles: readonly Role[] | undefined
}

/** The navigation, in groups that a line divides. */
export const placeGroups: readonly (readonly Place[])[] = [
  [
    { to: '/connections', path: '/connections', title: 'Connections', icon: Plug, roles: ['operator', 'administrator'] },
    { to: '/sessions', path: '/sessions', title: 'Sessions', icon: Activity, roles: ['operator', 'reviewer', 'administrator', 'auditor'] },
    { to: '/inbox/{-$approval}', path: '/inbox', title: 'Inbox', icon: Inbox, roles: ['reviewer'] },
  ],
  [
    { to: '/recordings', path: '/recordings', title: 'Recordings', icon: CirclePlay, roles: undefined },
    { to: '/overview', path: '/overview', title: 'Overview', icon: ChartColumn, roles: ['auditor', 'administrator'] },
    { to: '/controls', path: '/controls', title: 'SOC 2', icon: ShieldCheck, roles: ['auditor', 'administrator'] },
    { to: '/evidence', path: '/evidence', title: 'Evidence', icon: FileCheck, roles: ['auditor', 'administrator'] },
  ],
  [
    { to: '/policies', path: '/policies', title: 'Policies', icon: ScrollText, roles: ['auditor', 'administrator'] },
    { to: '/masking', path: '/masking', title: 'Masking', icon: VenetianMask, roles: ['auditor', 'administrator'] },
    { to: '/access', path: '/access', title: 'Access', icon: KeyRound, roles: ['auditor', 'administrator'] },
    { to: '/break-glass', path: '/break-glass', title: 'Break glass', icon: Siren, roles: ['reviewer', 'auditor', 'administrator'] },
    { to: '/people', path: '/people', title: 'People', icon: Users, roles: ['auditor', 'administrator'] },
    { to: '/retention', path: '/retention', title: 'Retention', icon: Archive, roles: ['auditor', 'administrator'] },
    { to: '/agents', path: '/agents', title: 'Agents', icon: Cpu, roles: ['administrator'] },
  ],
]

export const settingsPlace: Place = { to: '/settings', path: '/settings', title: 'Settings', icon: Settings, roles: undefined }

/** The groups with what these roles may open; empty groups are left out. */
export function placesFor(roles: readonly Role[]): Place[][] {
  return placeGroups
    .map((group) => group.filter((place) => place.roles === undefined || place.roles.some((role) => roles.includes(role))))
    .filter((group) => group.length > 0)
}

const homes: readonly (readonly [Role, '/connections' | '/inbox' | '/recordings'])[] = [
  ['operator', '/connections'],
  ['reviewer', '/inbox'],
  ['administrator', '/connections'],
  ['auditor', '/recordings'],
]

/** Where a person with these roles starts. */
export function homeOf(roles: readonly Role[]): '/connections' | '/inbox' | '/recordings' {
  return homes.find(([role]) => roles.includes(role))?.[1] ?? '/recordings'
}

const roleTitles: readonly (readonly [Role, string])[] = [
  ['administrator', 'Administrator'],
  ['operator', 'Operator'],
  ['reviewer', 'Reviewer'],
  ['auditor', 'Auditor'],
]

/** Roles as people say them, the one with the most to do first. */
export function roleTitle(roles: readonly Role[]): string {
  return roleTitles.flatMap(([role, title]) => (roles.includes(role) ? [title] : [])).join(', ') || 'No role'
}

/** The one to show where there is room for one. */
export function mainRole(roles: readonly Role[]): string {
  return roleTitles.find(([role]) => roles.includes(role))?.[1] ?? 'No role'
}
