/**
 * The names in `desktopContract` and `desktopEvents`, without the schemas: the preload must stay one small file and may not carry
 * zod. The types below make a missing or a foreign name a compile error, and a test compares the lists with the contract.
 */
import type { DesktopChannel, DesktopEventName } from './desktop-api.ts'

const channels = {
  'state:get': true,
  'preferences:set': true,
  'clipboard:write': true,
  'profile:open-another': true,
  'identity:sign-in': true,
  'identity:cancel-sign-in': true,
  'identity:sign-out': true,
  'connections:list': true,
  'connections:create': true,
  'connections:remove': true,
  'connections:tools': true,
  'connections:tool': true,
  'connections:decide-tool': true,
  'connections:change-new-tools': true,
  'agents:list': true,
  'agents:create-join-token': true,
  'agents:remove': true,
  'sessions:list': true,
  'sessions:open': true,
  'sessions:get': true,
  'sessions:end': true,
  'sessions:client-setup': true,
  'tester:list-tools': true,
  'tester:call': true,
  'approvals:list': true,
  'approvals:get': true,
  'approvals:vote': true,
  'approvals:withdraw': true,
  'policies:list': true,
  'policies:check': true,
  'policies:simulate': true,
  'access:standings': true,
  'access:overview': true,
  'access:ask': true,
  'access:decide': true,
  'access:withdraw': true,
  'access:end': true,
  'access:rules': true,
  'access:create-rule': true,
  'access:change-rule': true,
  'access:remove-rule': true,
  'people:list': true,
  'people:reach': true,
  'policies:simulation': true,
  'policies:cancel-simulation': true,
  'policies:activate': true,
  'policies:proposals': true,
  'policies:activate-proposal': true,
  'policies:reject-proposal': true,
  'policies:withdraw-proposal': true,
  'library:list': true,
  'library:facets': true,
  'library:find': true,
  'library:download': true,
  'library:remove': true,
  'library:import': true,
  'library:get': true,
  'library:open': true,
  'library:rows': true,
  'library:record': true,
  'library:search': true,
  'library:verify': true,
  'library:export': true,
  'evidence:export': true,
} as const satisfies Record<DesktopChannel, true>

const events = {
  'state:changed': true,
  'approval:changed': true,
  'session:changed': true,
  'call:changed': true,
  'connections:changed': true,
  'policies:changed': true,
  'navigate:requested': true,
} as const satisfies Record<DesktopEventName, true>

export const isDesktopChannel = (name: unknown): name is DesktopChannel => typeof name === 'string' && Object.hasOwn(channels, name)
  'access:changed': true,
export const isDesktopEvent = (name: unknown): name is DesktopEventName => typeof name === 'string' && Object.hasOwn(events, name)

export const desktopChannels = Object.keys(channels) as DesktopChannel[]
export const desktopEventNames = Object.keys(events) as DesktopEventName[]
