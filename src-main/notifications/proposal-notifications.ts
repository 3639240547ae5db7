import type { PolicyProposal } from '../../src-protocol/policy-proposal.ts'
import type { Desktop, DesktopHandlers } from '../services/desktop.ts'
import { decideProposalNotifications } from './decide-proposal-notifications.ts'
import type { Notifier, NotifierEvents } from './notifier.ts'

export interface ProposalNotificationsPorts {
  handlers: Pick<DesktopHandlers, 'state:get' | 'policies:proposals'>
  subscribe: Desktop['subscribe']
  openNotifier: (events: NotifierEvents) => Notifier
  openPage: (page: string) => void
  log: { info(details: object, message: string): void; warn(details: object, message: string): void }
}

/** Tells administrators that a version waits for one of them, and takes that back when it is decided. */
export async function startProposalNotifications(ports: ProposalNotificationsPorts): Promise<{ close(): void }> {
  const visible = new Set<string>()
  let announced: ReadonlySet<string> = new Set()
  let who: string | undefined
  let queue = Promise.resolve()

  const notifier = ports.openNotifier({
    onAction(id) {
      visible.delete(id)
      ports.openPage(id.startsWith('masking:') ? '/masking' : '/policies')
    },
    onDismissed: (id) => visible.delete(id),
  })

  const bringUpToDate = async () => {
    const { signIn, preferences } = await ports.handlers['state:get'](undefined)
    const person = signIn.state === 'signed-in' ? signIn.person : undefined
    if (person?.sub !== who) announced = new Set()
    who = person?.sub
    const proposals: PolicyProposal[] = person?.roles.includes('administrator')
      ? (await ports.handlers['policies:proposals'](undefined)).proposals
      : []
    const plan = decideProposalNotifications({ proposals, me: who, announced, visible: [...visible], enabled: preferences.notifications })
    announced = plan.announced
    for (const id of plan.withdraw) {
      visible.delete(id)
      await notifier.withdraw(id)
    }
    for (const notification of plan.show) {
      visible.add(notification.id)
      if ((await notifier.show(notification)) !== 'shown') visible.delete(notification.id)
    }
  }

  /** One plan at a time: a second one must know what the first has put on the screen. */
  const update = () => {
    queue = queue.then(bringUpToDate).catch((error: unknown) => ports.log.info({ err: error }, 'the proposals could not be listed'))
  }
  let last = ''
  const unsubscribe = [
    ports.subscribe('policies:changed', update),
    // the state changes often: only who is signed in and whether notifications are wanted matter
    ports.subscribe('state:changed', ({ signIn, preferences }) => {
      const now = `${signIn.state === 'signed-in' ? signIn.person.sub : ''} ${preferences.notifications}`
      if (now === last) return
      last = now
      update()
    }),
  ]
  update()
  await queue

  return {
    close() {
      unsubscribe.forEach((end) => end())
      for (const id of visible) void notifier.withdraw(id)
      notifier.close()
    },
  }
}
