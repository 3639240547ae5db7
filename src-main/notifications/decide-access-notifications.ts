import type { AccessGrant, AccessRequest } from '../../src-protocol/access.ts'
import type { Person } from '../../src-protocol/model.ts'
import { oneLine } from './decide-notifications.ts'
import type { DesktopNotification } from './notifier.ts'
import type { NotificationPlan } from './planned-notifications.ts'

type Request = Pick<AccessRequest, 'id' | 'state' | 'requester' | 'connection' | 'digestInput' | 'grant' | 'settledAt'>
type Grant = Pick<AccessGrant, 'id' | 'connection' | 'person' | 'endReason'>

/** how many one is told of singly; above that one summary stands for all */
const mostSingle = 3

/**
 * What should be on the screen about access: to reviewers one notification for each request that is theirs to decide, once, until it is decided;
 * to who asked, what became of it, and that somebody took it away. Nobody is told of what they did themselves.
 */
export function decideAccessNotifications(input: {
  requests: readonly Request[]
  grants: readonly Grant[]
  me: Pick<Person, 'sub' | 'groups' | 'roles'> | undefined
  announced: ReadonlySet<string>
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
  /** nothing was announced to this person yet: what was decided before is no news */
  first: boolean
}): NotificationPlan<ReadonlySet<string>> {
  const { me } = input
  const waiting = input.requests.filter((request) => me !== undefined && isTheirs(request, me))
  const asked = waiting.length > mostSingle ? [summaryOf(waiting.length)] : waiting.map(notificationOf)
  const outcomes = [
    ...input.requests.filter(({ requester }) => requester.sub === me?.sub).flatMap(outcomeOf),
    ...input.grants.filter(({ person, endReason }) => person.sub === me?.sub && endReason === 'revoked').map(revocationOf),
  ]
  const announced = new Set([...waiting.map(({ id }) => id), ...asked.map(({ id }) => id), ...outcomes.map(({ id }) => id)])
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced }
  const news = asked.some(({ id }) => id === summary)
    ? waiting.some(({ id }) => !input.announced.has(id))
      ? asked
      : []
    : asked.filter(({ id }) => !input.announced.has(id))
  const told = input.first ? [] : outcomes.filter(({ id }) => !input.announced.has(id))
  const standing = new Set([...asked, ...outcomes].map(({ id }) => id))
  return { withdraw: input.visible.filter((id) => !standing.has(id)), show: [...news, ...told], announced }
}

const isTheirs = ({ state, requester, digestInput }: Request, me: Pick<Person, 'sub' | 'groups' | 'roles'>): boolean =>
  state === 'pending' &&
  requester.sub !== me.sub &&
  me.roles.includes('reviewer') &&
  digestInput.approvers.some((group) => me.groups.includes(group))

/** Who and which connection, never the reason: it may be read on a lock screen. */
const notificationOf = ({ id, requester, connection }: Request): DesktopNotification => ({
  id,
  title: 'Access asked for',
  body: `${oneLine(requester.name)} asks for access to ${connection}.`,
  actions: [{ action: 'open', label: 'Open' }],
})

const summary = 'access-requests'
const summaryOf = (count: number): DesktopNotification => ({
  id: summary,
  title: 'Access asked for',
  body: `${count} requests for access wait for you.`,
  actions: [{ action: 'open', label: 'Open' }],
})

const outcomeOf = ({ id, state, connection, digestInput }: Request): DesktopNotification[] => {
  const actions = [{ action: 'open', label: 'Open' }] as const
  // what nobody had to decide was given while one looked
  if (state === 'granted' && digestInput.approvers.length > 0) {
    return [{ id: `outcome:${id}`, title: 'Access granted', body: `Sessions on ${connection} can be started now.`, actions: [...actions] }]
  }
  if (state === 'denied') {
    return [{ id: `outcome:${id}`, title: 'Access denied', body: `The request for ${connection} was denied.`, actions: [...actions] }]
  }
  return []
}

const revocationOf = ({ id, connection }: Grant): DesktopNotification => ({
  id: `outcome:${id}`,
  title: 'Access revoked',
  body: `Access to ${connection} was revoked; its sessions have ended.`,
  actions: [{ action: 'open', label: 'Open' }],
})

/** Where a notification leads: a request to its place in the Inbox, an outcome to where sessions start. */
export function pageOfAccess(id: string): string {
  if (id.startsWith('acq_')) return `/inbox/${id}`
  return id === summary ? '/inbox' : '/connections'
}
