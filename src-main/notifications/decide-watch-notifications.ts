import type { Session } from '../../src-protocol/model.ts'
import { oneLine } from './decide-notifications.ts'
import type { NotificationPlan } from './planned-notifications.ts'

type Seen = Pick<Session, 'id' | 'connection' | 'person' | 'state' | 'watchers' | 'endedBy'>

/**
 * What an operator should have on the screen: who watches their sessions, for as long as they do, and once who ended one. Names and the
 * connection, nothing of what passes.
 */
export function decideWatchNotifications(input: {
  sessions: readonly Seen[]
  /** `sub` of the person */
  me: string | undefined
  announced: ReadonlySet<string>
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
}): NotificationPlan<ReadonlySet<string>> {
  const own = input.sessions.filter(({ person }) => person.sub === input.me)
  const due = own.flatMap((session) => [...watchesOf(session), ...endOf(session)])
  const announced = new Set(due.map(({ id }) => id))
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced }
  return {
    withdraw: input.visible.filter((id) => !announced.has(id)),
    show: due.filter(({ id }) => !input.announced.has(id)),
    announced,
  }
}

const open = [{ action: 'open' as const, label: 'Open' }]

function watchesOf({ id, connection, state, watchers = [] }: Seen) {
  if (state === 'ended') return []
  return watchers.map(({ sub, name }) => ({
    id: `watch:${id}:${sub}`,
    title: `${oneLine(name)} is watching`,
    body: `Your session on ${connection} is watched as it happens. It stands in its recording.`,
    actions: open,
  }))
}

function endOf({ id, connection, endedBy }: Seen) {
  if (!endedBy) return []
  return [
    {
      id: `ended:${id}`,
      title: `Session ended: ${connection}`,
      body: `${oneLine(endedBy.name)} ended it. Open it to read why.`,
      actions: open,
    },
  ]
}

/** What makes another plan: a busy session changes all the time, and this seldom. */
export const watchedKey = ({ state, watchers = [], endedBy }: Seen): string =>
  `${state} ${watchers.map(({ sub }) => sub).join(' ')} ${endedBy === undefined ? '' : 'ended'}`
