/**
 * The reviewer's desktop as a process of its own: all services of the real one, its notifications, and in the place of the screen a notifier
 * that tells when it was asked to show something. It approves each request a moment after. Prints {"ready"}, then {"shown","voted"} of each.
 */
import { createDesktop } from '../../src-main/services/desktop.ts'
import { memoryPreferences } from '../../src-main/services/preferences.ts'
import { startApprovalNotifications } from '../../src-main/notifications/approval-notifications.ts'
import type { DesktopNotification } from '../../src-main/notifications/notifier.ts'
import { systemClock } from '../../src-node/clock.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import { createLogger } from '../../src-node/logger.ts'
import type { Approval } from '../../src-protocol/model.ts'
import { openBrowserAs } from '../integration/sign-in-by-fetch.ts'
import { machineTime } from './clock.ts'

const [gatewayUrl = '', userData = ''] = process.argv.slice(2)
const log = createLogger('reviewer', { level: 'warn' })
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const requests = new Map<string, Approval>()
/** nobody decides at once; what the announcement itself still does is over by then */
const thinkingMs = 40

const desktop = createDesktop({
  runtime: 'host',
  userData,
  preferences: memoryPreferences({ gatewayUrl, notifications: true }),
  openBrowser: openBrowserAs({ username: 'reviewer' }),
  writeClipboard() {},
  chooseFolder: async () => undefined,
  chooseFile: async () => undefined,
  openAnotherProfile() {},
  clock: systemClock,
  log,
})
desktop.subscribe('approval:changed', (approval) => void requests.set(approval.id, approval))

async function approve(id: string, shown: number): Promise<void> {
  const request = requests.get(id)
  if (!request) throw new Error(`the notification ${id} is about no request`)
  requests.delete(id)
  const voted = machineTime()
  await desktop.handlers['approvals:vote']({ approval: request.id, decision: 'approve', reason: 'Looked at it.', digest: request.digest })
  say({ shown, voted })
}

await startApprovalNotifications({
  handlers: desktop.handlers,
  subscribe: desktop.subscribe,
  openNotifier: () => ({
    async show({ id }: DesktopNotification) {
      const shown = machineTime()
      setTimeout(() => void approve(id, shown).catch((error: unknown) => say({ error: String(error) })), thinkingMs)
      return 'shown'
    },
    async withdraw() {},
    close() {},
  }),
  openPage() {},
  showCount() {},
  clock: systemClock,
  scheduler: systemScheduler,
  log,
})
await desktop.handlers['identity:sign-in'](undefined)
while ((await desktop.handlers['state:get'](undefined)).tunnel.state !== 'open') await new Promise((resolve) => setTimeout(resolve, 20))
say({ ready: true })
