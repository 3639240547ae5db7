import type { Album } from './album.ts'
import type { DesktopDriver } from './desktop-driver.ts'
import { expectFact } from './expect-fact.ts'
import type { NotificationWatch } from './notification-watch.ts'
import { until } from './until.ts'

interface ReviewerStage {
  reviewer: DesktopDriver
  operator: DesktopDriver
  album: Album
  notifications: NotificationWatch
}

/** The reviewer is told by a notification, reads exactly what will run, and approves with a reason. */
export async function reviewerStory({ reviewer, operator, album, notifications }: ReviewerStage): Promise<void> {
  const { page } = reviewer
  await until('the reviewer is notified', async () => (await notifications.received(reviewer)).length > 0)
  const [notification] = await notifications.received(reviewer)
  const words = `${notification?.title} ${notification?.body}`
  expectFact(
    words.includes('customers-db') && !/vip|CREATE/.test(words),
    'the notification says where, and nothing of the arguments',
    notification,
  )
  album.note(`Notification, ${notifications.how}: “${notification?.title}: ${notification?.body}” [${notification?.buttons.join('] [')}]`)
  await page.getByRole('link', { name: /Inbox/ }).click()
  await page.getByText('Mira Okafor').first().click()
  await page.getByRole('button', { name: /Approve/ }).waitFor()
  await album.take(page, 'inbox', 'The reviewer sees exactly what will run, why it is held and what it touches')
  await reviewer.useColorScheme('dark')
  await album.take(page, 'inbox-dark', 'The same in the dark')
  await reviewer.useColorScheme('light')

  const [approval] = await operator.invoke('approvals:list')
  if (!approval) throw new Error('The operator does not see the approval they wait for.')
  const own = await operator
    .invoke('approvals:vote', { approval: approval.id, decision: 'approve', reason: 'I need it', digest: approval.digest })
    .then(() => 'accepted', String)
  expectFact(/APPROVAL_OWN_REQUEST|APPROVAL_NOT_REVIEWER|FORBIDDEN/.test(own), 'nobody approves their own request', own)

  await page.getByRole('textbox', { name: /reason/i }).fill('Agreed with the on-call DBA; the table is dropped tonight')
  await page.getByRole('button', { name: /Approve/ }).click()
  const confirmation = page.getByRole('dialog')
  await confirmation.waitFor()
  await album.take(page, 'approve', 'Approving signs the digest of these bytes')
  await confirmation.getByRole('button', { name: /approve/i }).click()
  await confirmation.waitFor({ state: 'hidden' })
  await page
    .getByText(/Approved/)
    .first()
    .waitFor()
  await album.take(page, 'approved', 'The decision is signed, logged, and the call goes on')
}
