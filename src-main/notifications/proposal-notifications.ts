import type { DesktopHandlers } from '../services/desktop.ts'
import { decideProposalNotifications } from './decide-proposal-notifications.ts'
import { startPlannedNotifications, type PlannedNotificationsPorts } from './planned-notifications.ts'

export interface ProposalNotificationsPorts extends PlannedNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'policies:proposals'>
}

/** Tells administrators that a version waits for one of them, and takes that back when it is decided. */
export const startProposalNotifications = (ports: ProposalNotificationsPorts): Promise<{ close(): void }> =>
  startPlannedNotifications<ReadonlySet<string>>(ports, {
    nothing: new Set(),
    async plan({ person, ...known }) {
      const { proposals } = person?.roles.includes('administrator')
        ? await ports.handlers['policies:proposals'](undefined)
        : { proposals: [] }
      return decideProposalNotifications({ proposals, me: person?.sub, ...known })
    },
    pageOf: (id) => (id.startsWith('masking:') ? '/masking' : '/policies'),
    follow: (changed) => ports.subscribe('policies:changed', changed),
    failed: 'the proposals could not be listed',
  })
