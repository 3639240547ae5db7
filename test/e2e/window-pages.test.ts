/** The pages of operators and of those who have not signed in, and what axe says to pages of all roles. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { FakeDesktop } from '../fakes/fake-desktop.ts'
import type { PersonName, Scenario } from '../fakes/fake-scenario.ts'
import { heldApproval, liveSession } from '../fakes/fake-sessions.ts'
import { accessibilityViolations, patiently, usePages } from './use-pages.ts'

const pages = usePages()
let page: Page
const open = async (path: string, as: PersonName, scenario: Scenario = 'full', colorScheme: 'light' | 'dark' = 'light'): Promise<void> => {
  page = await pages.open({ path, as, scenario, colorScheme })
}
const button = (name: string | RegExp) => page.getByRole('button', { name })
const clipboard = (): Promise<string[]> => page.evaluate(() => (window as unknown as { fakeDesktop: FakeDesktop }).fakeDesktop.clipboard)

describe('an operator', () => {
  test('cannot start a session without a reason, and starts one with it', async () => {
    await open('/connections', 'mira')
    await button('Start session on orders-db').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start session' }).click()
    await page.getByText('Say in a few words why.').waitFor()
    await page.getByLabel('Reason').fill('INC-1: look at refunds')
    await page.getByRole('dialog').getByRole('button', { name: 'Start session' }).click()
    await page.getByRole('heading', { level: 1, name: 'orders-db' }).waitFor()
    await expect.poll(() => page.getByText('No calls yet.').isVisible(), patiently).toBe(true)
  })

  test('is told why a session cannot be started on an offline agent', async () => {
    await open('/connections', 'mira')
    const start = button('Start session on crm-prod')
    expect(await start.getAttribute('aria-disabled')).toBe('true')
    await start.focus()
    await page.getByRole('tooltip', { name: 'The agent edge-crm is not connected.' }).waitFor()
    await start.press('Enter')
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  test('copies a configuration with the secret that the screen does not show', async () => {
    await open(`/sessions/${liveSession}`, 'mira')
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await expect.poll(clipboard).toHaveLength(1)
    const [copied = ''] = await clipboard()
    expect(copied).toContain('gh-local-3f1c9a6e2b7d')
    expect(await page.locator('body').innerText()).not.toContain('gh-local-3f1c9a6e2b7d')
  })

  test('withdraws a held call', async () => {
    await open(`/sessions/${liveSession}`, 'mira')
    await page.getByText('Waiting for a decision').waitFor()
    await button('Withdraw').click()
    await button('Details').click()
    await expect.poll(() => page.getByText('Its requester took it back').isVisible(), patiently).toBe(true)
  })

  test('ends a session only after a question', async () => {
    await open(`/sessions/${liveSession}`, 'mira')
    await button('End session').click()
    await button('Keep it running').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.getByText('Live', { exact: true }).count()).toBe(1)
    await button('End session').click()
    await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click()
    await button('Replay').waitFor()
  })

  test('sees the verdicts of one kind only, and why an allowed call was allowed', async () => {
    await open(`/sessions/${liveSession}`, 'mira')
    await button(/^Allowed/)
      .first()
      .click()
    await page.getByText('On-call may read the orders database.').waitFor()
    await button(/^Denied 1/).click()
    await page.getByText('A DELETE in production needs a WHERE.').waitFor()
    expect(await page.getByRole('row', { name: /SELECT status/ }).count()).toBe(0)
  })

  test('finds the way with Ctrl K', async () => {
    await open('/sessions', 'mira')
    await page.getByRole('heading', { name: 'Live' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Search' }).fill('github-internal')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('dialog', { name: 'Start a session on github-internal' }).isVisible(), patiently).toBe(true)
  })

  test('does not get to pages of other roles', async () => {
    await open('/agents', 'mira')
    await expect.poll(() => page.getByText('Your roles do not open this page').isVisible(), patiently).toBe(true)
  })
})

describe('nobody signed in', () => {
  test('is asked for a gateway that can be one, and waits with a way out', async () => {
    await open('/', 'mira', 'signed-out')
    await page.getByLabel('Gateway').fill('http://gate.acme.example')
    await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Without https, only a gateway on this computer can be used.').waitFor()
    await page.getByLabel('Gateway').fill('https://gate.acme.example')
    await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Finish signing in, in your browser').waitFor()
    await button('Copy address').click()
    await expect.poll(clipboard).toHaveLength(1)
    await button('Cancel').click()
    await page.getByText('Sign in to Gatehouse').waitFor()
  })

  test('sees the recordings of this computer, and a sign-in in place of everything else', async () => {
    await open('/sessions', 'mira', 'offline')
    await page.getByText('The gateway cannot be reached.').waitFor()
    await page.getByRole('link', { name: 'Recordings', exact: true }).click()
    await expect.poll(() => page.getByRole('heading', { level: 1, name: 'Recordings' }).isVisible(), patiently).toBe(true)
  })
})

test.for([
  ['light', `/sessions/${liveSession}`, 'mira'],
  ['dark', `/sessions/${liveSession}`, 'mira'],
  ['light', `/inbox/${heldApproval}`, 'jonas'],
  ['dark', `/inbox/${heldApproval}`, 'jonas'],
  ['light', '/inbox/apr_2hG7pYc9Xe4BuM6t', 'jonas'],
  ['dark', '/inbox/apr_decided000000005', 'jonas'],
  ['light', '/inbox/apr_7vK3nDf5Sa8WqP2r', 'jonas'],
  ['light', '/policies', 'priya'],
  ['dark', '/connections', 'priya'],
] as const)('in the %s theme, %s has no accessibility violation', async ([theme, path, as]) => {
  await open(path, as, 'full', theme)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  expect(await accessibilityViolations(page)).toEqual([])
})
