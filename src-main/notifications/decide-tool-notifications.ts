import type { Connection } from '../../src-protocol/model.ts'
import type { NotificationPlan } from './planned-notifications.ts'

/**
 * What administrators should have on the screen: one notification for each connection on which tools wait. It comes again when more of them
 * wait than it spoke of, and goes when none does.
 */
export function decideToolNotifications(input: {
  connections: readonly Pick<Connection, 'name' | 'toolsWaiting'>[]
  announced: ReadonlyMap<string, number>
  /** ids of what is on the screen */
  visible: readonly string[]
  enabled: boolean
}): NotificationPlan<ReadonlyMap<string, number>> {
  const waiting = new Map(
    input.connections.flatMap(({ name, toolsWaiting = 0 }): [string, number][] => (toolsWaiting > 0 ? [[idOf(name), toolsWaiting]] : [])),
  )
  if (!input.enabled) return { withdraw: [...input.visible], show: [], announced: waiting }
  const show = input.connections.filter(({ name }) => (waiting.get(idOf(name)) ?? 0) > (input.announced.get(idOf(name)) ?? 0))
  const again = new Set(show.map(({ name }) => idOf(name)))
  return {
    withdraw: input.visible.filter((id) => !waiting.has(id) || again.has(id)),
    show: show.map(({ name, toolsWaiting = 0 }) => ({
      id: idOf(name),
      title: `Tools changed: ${name}`,
      body:
        toolsWaiting === 1
          ? 'One tool is held until an administrator decides.'
          : `${toolsWaiting} tools are held until an administrator decides.`,
      actions: [{ action: 'open', label: 'Open' }],
    })),
    announced: waiting,
  }
}

const idOf = (connection: string): string => `tools:${connection}`
