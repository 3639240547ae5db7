/** The inbox of a reviewer, by mouse and by keyboard. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { FakeDesktop } from '../fakes/fake-desktop.ts'
import type { PersonName, Scenario } from '../fakes/fake-scenario.ts'
import { heldApproval } from '../fakes/fake-sessions.ts'
import { accessibilityViolations, patiently, usePages } from './use-pages.ts'

const pages = usePages()
let page: Page
const open = async (path: string, as: PersonName, scenario: Scenario = 'full'): Promise<void> => {
  page = await pages.open({ path, as, scenario })
}
const button = (name: string | RegExp) => page.getByRole('button', { name })

describe('a reviewer', () => {
  const open1 = () => open(`/inbox/${heldApproval}`, 'jonas')

  test('cannot approve without the reason that the rule asks for', async () => {
    await open1()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('a')
    await page.getByText('Say in a few words why').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await page.getByLabel('Reason').evaluate((field) => field === document.activeElement)).toBe(true)
  })

  test('approves with A, a look at the digest, and Enter', async () => {
    await open1()
    await page.getByLabel('Reason').fill('Agreed in the incident channel.')
    await page.keyboard.press('Escape')
    await page.keyboard.press('a')
    await page.getByRole('dialog').getByText('c41d 77e0 9ab2').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Decision' }).waitFor()
    await page.getByText('“Agreed in the incident channel.”').waitFor()
    await expect.poll(() => page.getByText('Approved by you').first().isVisible(), patiently).toBe(true)
  })

  test('signs nothing by a key that is held, and no key turns one decision into the other', async () => {
    await open1()
    await page.getByLabel('Reason').fill('No.')
    await button(/^Deny/).focus()
    for (let repeat = 0; repeat < 4; repeat += 1) {
      await page.keyboard.down('Enter')
      await button('Sign and deny').waitFor()
    }
    await page.keyboard.up('Enter')
    await page.keyboard.press('a')
    await button('Sign and deny').waitFor()
    expect(await button('Sign and approve').count()).toBe(0)
    expect(await page.getByRole('heading', { name: 'Decision' }).count()).toBe(0)
  })

  test('goes back from the question without deciding', async () => {
    await open1()
    await page.getByLabel('Reason').fill('No.')
    await button(/^Deny/).click()
    await button('Go back').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => page.getByRole('region', { name: 'Request' }).getByText('Held').isVisible(), patiently).toBe(true)
    expect(await page.getByRole('heading', { name: 'Decision' }).count()).toBe(0)
  })

  test('cannot decide an own request, reads why, and takes it back', async () => {
    await open('/inbox/apr_7vK3nDf5Sa8WqP2r', 'jonas')
    await page.getByText('You asked for this yourself; somebody else').waitFor()
    expect(await button(/^(Approve|Deny|Report)/).count()).toBe(0)
    await page.keyboard.press('a')
    await page.keyboard.press('d')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await button('Cancel request').press('Enter')
    await expect.poll(() => page.getByText('Its requester took it back').isVisible(), patiently).toBe(true)
  })

  test('sees who has approved and who is missing, signs in anew, and can stop waiting for the browser', async () => {
    await open('/inbox/apr_2hG7pYc9Xe4BuM6t', 'jonas')
    await page.getByRole('heading', { name: '1 of 2 approvals, dba still missing' }).waitFor()
    await page.getByText('Lea Fischer').waitFor()
    await page.getByText('A denial by privacy or dba ends it').waitFor()
    await page.getByLabel('Reason').fill('Both are hers.')
    await page.keyboard.press('Escape')
    await page.keyboard.press('a')
    await page.getByRole('dialog').getByText('Your browser opens: sign in there again').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('Your browser is open: sign in there.').waitFor()
    await button('Copy address').click()
    await button('Cancel').click()
    await page.getByText('Your browser is open: sign in there.').waitFor({ state: 'detached' })
    await expect.poll(() => button('Sign and approve').isEnabled(), patiently).toBe(true)

    // going back takes it back too: whoever signs in afterwards has not voted
    await button('Sign and approve').click()
    await page.getByText('Your browser is open: sign in there.').waitFor()
    await button('Go back').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const signIn = () =>
      page.evaluate(async () => {
        const { fakeDesktop } = window as unknown as { fakeDesktop: FakeDesktop }
        const reply = await fakeDesktop.invoke('state:get')
        return reply.ok ? reply.value.signIn : undefined
      })
    await expect.poll(signIn, patiently).toEqual(expect.not.objectContaining({ stepUp: expect.anything() as unknown }))
    expect(await page.getByRole('heading', { name: 'Decision' }).count()).toBe(0)
  })

  test('reports a request, but not without a word', async () => {
    await open1()
    await button('Report').click()
    await button('Report and block').click()
    await page.getByText('Say in a few words what you saw.').waitFor()
    await page.getByLabel('What is wrong with it?').fill('Mira is on holiday: this is not her.')
    await page.keyboard.press('Enter')
    await page.getByText('Reported by you').first().waitFor()
    await expect.poll(() => page.getByText('the session was ended, and administrators were told').isVisible(), patiently).toBe(true)
  })

  test('walks the list with J and K', async () => {
    await open('/inbox', 'jonas')
    await page.getByRole('heading', { level: 1, name: 'Run write_file on billing-files' }).waitFor()
    await page.keyboard.press('j')
    await page.getByRole('heading', { level: 1, name: 'Run execute_sql on orders-db' }).waitFor()
    await page.keyboard.press('k')
    await expect
      .poll(() => page.getByRole('heading', { level: 1, name: 'Run write_file on billing-files' }).isVisible(), patiently)
      .toBe(true)
  })

  test('sees a hidden character by its code point, and a mark of the gateway as a chip', async () => {
    await open('/inbox/apr_5dR8kWq1Zn6HsJ3v', 'jonas')
    await page.getByText('Look twice.').waitFor()
    expect(await page.getByRole('region', { name: 'Raw arguments' }).getByText('U+202E').count()).toBe(1)
    expect(await page.getByRole('region', { name: 'Raw arguments' }).getByTitle('Masked: iban').count()).toBe(2)
  })

  test('sees at once when somebody else has decided', async () => {
    await open1()
    await page.getByLabel('Reason').fill('Fine.')
    await button(/^Approve/).click()
    await page.getByRole('dialog').waitFor()
    await page.evaluate(async (id) => {
      const { fakeDesktop } = window as unknown as { fakeDesktop: FakeDesktop }
      const reply = await fakeDesktop.invoke('approvals:get', id)
      if (reply.ok) fakeDesktop.emit('approval:changed', { ...reply.value, state: 'denied' })
    }, heldApproval)
    await expect.poll(() => button('Sign and approve').getAttribute('aria-disabled')).toBe('true')
  })
})

describe('who is away', () => {
  test('names a stand-in by keyboard alone, reads what is missing first, and takes it back', async () => {
    await open('/settings', 'jonas')
    await button('Name a stand-in').focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Name a stand-in' })
    await dialog.getByRole('button', { name: 'Sign' }).press('Enter')
    await dialog.getByText('Choose at least one group.').waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    await dialog.getByPlaceholder('Choose somebody').fill('Lea')
    await page.getByRole('option', { name: 'Lea Fischer' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await dialog.getByRole('checkbox', { name: 'dba' }).press('Space')
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('On leave.')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    const given = page.getByRole('region', { name: 'They decide for you' }).getByRole('listitem')
    await expect.poll(() => given.filter({ hasText: '“On leave.”' }).isVisible(), patiently).toBe(true)
    const before = await given.getByRole('button').count()
    await given.filter({ hasText: '“On leave.”' }).getByRole('button').press('Enter')
    await expect.poll(() => given.getByRole('button').count(), patiently).toBe(before - 1)
    await expect.poll(() => given.filter({ hasText: 'taken back' }).count(), patiently).toBe(2)
  })

  test('is stood in for: the request says so, so does the question, and so does the vote', async () => {
    page = await pages.open({ path: '/inbox/apr_2hG7pYc9Xe4BuM6t', as: 'priya', colorScheme: 'dark' })
    await page.getByText('You decide in the place of Ada Kim.').waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    await page.getByLabel('Reason').fill('Both accounts are hers.')
    await page.keyboard.press('Escape')
    await page.keyboard.press('d')
    await page.getByRole('dialog').getByText('your one vote takes both places').waitFor()
    await button('Sign and deny').click()
    await expect.poll(() => page.getByText('in the place of Ada Kim', { exact: false }).first().isVisible(), patiently).toBe(true)
    await expect.poll(() => page.getByText('Denied by you for Ada Kim').first().isVisible(), patiently).toBe(true)
  })

  test('has quiet hours, and reads what comes through all the same', async () => {
    await open('/settings', 'jonas')
    await page.getByText('Alarms come through always').waitFor()
    await page.getByRole('switch', { name: 'Quiet hours' }).press('Space')
    const times = page.getByRole('form', { name: 'Times of the quiet hours' })
    await times.getByLabel('From').fill('25:00')
    await expect.poll(() => times.getByText('Such as 20:00.').isVisible(), patiently).toBe(true)
    expect(await times.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await times.getByLabel('From').fill('22:30')
    await times.getByRole('checkbox', { name: 'sunday' }).press('Space')
    expect(await accessibilityViolations(page)).toEqual([])
    await times.getByRole('button', { name: 'Save' }).press('Enter')
    await expect.poll(() => page.getByText('Monday to Saturday 22:30–07:00, Europe/Berlin.').isVisible(), patiently).toBe(true)
  })
})
