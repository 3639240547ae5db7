/** The auditor's pages in a browser engine, under the application's content security policy, against the double. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { fakeSessionId, ordersSession } from '../fakes/fake-recordings.ts'
import type { Scenario } from '../fakes/fake-scenario.ts'
import { patiently, usePages } from './use-pages.ts'

const pages = usePages()
const open = (path: string, scenario: Scenario = 'full'): Promise<Page> =>
  pages.open({ path, as: 'helene', scenario, motion: 'no-preference' })

const selectedMessage = (page: Page) => page.getByRole('listbox', { name: 'Messages' }).getByRole('option', { selected: true })
const replay = `/recordings/${ordersSession}`

describe('the replay', () => {
  test('opens at the message of the link, and the keys step, play and search', async () => {
    const page = await open(`${replay}?seq=84`)
    await expect.poll(() => selectedMessage(page).textContent(), patiently).toMatch(/^84/)
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => selectedMessage(page).textContent(), patiently).toMatch(/^85/)
    await page.keyboard.press('Shift+ArrowLeft')
    await expect.poll(() => selectedMessage(page).textContent(), patiently).toMatch(/^83/)
    await page.keyboard.press(' ')
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await page.keyboard.press(' ')
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('refund_backup_1119')
    await page.getByText(/^\d of 214/).waitFor()
    expect(await page.locator('mark').first().textContent()).toBe('refund_backup_1119')
  })

  test('playing moves on by itself', async () => {
    const page = await open(replay)
    await selectedMessage(page).waitFor()
    await page.getByRole('button', { name: '32×' }).click()
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await expect.poll(async () => Number.parseInt((await selectedMessage(page).textContent()) ?? '0', 10), patiently).toBeGreaterThan(3)
  })

  test('a hostile message stays text: no markup runs, hidden characters show, a forged mask is no chip', async () => {
    const page = await open(`${replay}?seq=96`)
    await page.getByText('<img src=x onerror=').first().waitFor()
    expect(await page.title()).not.toBe('1')
    expect(await page.locator('img, script[src="x"]').count()).toBe(0)
    await page.getByText('U+202E').first().waitFor()
    await page.getByText('not masked by us: [MASKED:card]').waitFor()
    expect(await page.getByTitle(/^Masked:/).count()).toBe(0)
  })

  test('a masked value is a chip that names its rule', async () => {
    const page = await open(`${replay}?seq=84`)
    await page.getByTitle('Masked: card, by the rule detect-card').first().waitFor()
    await page.getByRole('button', { name: 'Table' }).click()
    await expect.poll(() => page.getByTitle('Masked: card, by the rule detect-card').count(), patiently).toBe(2)
  })

  test('of 100,000 messages only those on the screen are drawn', async () => {
    const page = await open(`/recordings/${fakeSessionId(100)}?seq=50001`, 'too-much')
    await expect.poll(() => selectedMessage(page).textContent(), patiently).toMatch(/^50001/)
    expect(await page.getByRole('option').count()).toBeLessThan(60)
    await page.getByRole('button', { name: 'Denied 46', exact: true }).click()
    await page.getByText('46 of 100,000').waitFor()
  })
})

describe('the proof', () => {
  test('says what it proves and what it cannot', async () => {
    const page = await open(`${replay}/proof?seq=88`)
    await page.getByRole('heading', { name: 'Verified', exact: true }).waitFor()
    await page.getByText('5 of 5 steps hold').waitFor()
    await page.getByText('That no traffic went around the gateway.').waitFor()
    expect(await page.getByText('What to do').count()).toBe(0)
  })

  test('of an altered recording fails at its step and says what to do', async () => {
    const page = await open(`/recordings/${fakeSessionId(5)}/proof`)
    await page.getByRole('heading', { name: 'Not verified: this recording was changed after it was sealed' }).waitFor()
    await page.getByText('Does not match').waitFor()
    expect(await page.getByText('What this proves').count()).toBe(0)
    await page.getByRole('button', { name: 'Download again and check' }).waitFor()
  })
})

describe('the recordings', () => {
  test('can be searched, filtered, selected and verified', async () => {
    const page = await open('/recordings')
    await page.getByRole('searchbox').fill('INC-41')
    await expect.poll(() => page.getByRole('row').count(), patiently).toBe(4)
    await page.getByRole('checkbox', { name: 'Select all that are shown' }).check()
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('3 verified').waitFor()
  })

  test('an action that is impossible says why', async () => {
    const page = await open('/recordings', 'offline')
    await page.getByRole('row').nth(2).getByRole('checkbox').check()
    const download = page.getByRole('button', { name: 'Download' })
    expect(await download.getAttribute('aria-disabled')).toBe('true')
    await page.getByText('All of the selected are on this computer already.').waitFor({ state: 'attached' })
  })

  test('two of them are compared call by call', async () => {
    const page = await open('/recordings')
    await page.getByRole('row').nth(2).getByRole('checkbox').check()
    await page.getByRole('row').nth(3).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('heading', { name: 'Compare two sessions' }).waitFor()
    await page.getByRole('button', { name: /^Same \d+/ }).click()
    expect(await page.getByTitle('Only left').count()).toBe(0)
  })
})
