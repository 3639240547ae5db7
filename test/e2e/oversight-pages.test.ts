/** Live watch, overview, access review and SOC 2 in a browser engine, under the application's content security policy, against the double. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { PersonName, Scenario } from '../fakes/fake-scenario.ts'
import { liveSession } from '../fakes/fake-sessions.ts'
import { oversightPages } from '../renderer/oversight-pages.ts'
import { accessibilityViolations, patiently, usePages } from './use-pages.ts'

const pages = usePages()
const open = (path: string, as: PersonName = 'helene', scenario: Scenario = 'full'): Promise<Page> =>
  pages.open({ path, as, scenario, motion: 'no-preference' })

const other = 'ses_8b02f7Hs61nRtY4c'
const selected = (page: Page) => page.getByRole('listbox', { name: 'Messages as they come' }).getByRole('option', { selected: true })

describe('watching a session', () => {
  test('follows the newest record, lets go when one looks back, and follows again', async () => {
    const page = await open(`/sessions/${other}`, 'jonas')
    await page.getByRole('button', { name: 'Watch live' }).click()
    await page.getByText('You are watching.').waitFor()
    await expect.poll(() => selected(page).textContent(), patiently).toMatch(/^212/)
    const follow = page.getByRole('button', { name: 'Follow' })
    expect(await follow.getAttribute('aria-pressed')).toBe('true')
    await page.getByRole('listbox').focus()
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => selected(page).textContent(), patiently).toMatch(/^211/)
    expect(await follow.getAttribute('aria-pressed')).toBe('false')
    await page.keyboard.press('End')
    await expect.poll(() => follow.getAttribute('aria-pressed'), patiently).toBe('true')
  })

  test('whoever ends it has to say why', async () => {
    const page = await open(`/sessions/${other}/watch`, 'jonas')
    await page.getByRole('button', { name: 'End session' }).click()
    const dialog = page.getByRole('dialog')
    const end = dialog.getByRole('button', { name: 'End session' })
    expect(await end.getAttribute('aria-disabled')).toBe('true')
    await dialog.getByLabel('Reason').fill('Not what the ticket says')
    await end.click()
    await page.getByText('The session has ended.').waitFor()
    await page.getByRole('link', { name: '8b02f7' }).click()
    await page.getByText('Jonas Lindqvist ended it: Not what the ticket says').waitFor()
  })

  test('says what passed before it could be shown, and why a watch is refused', async () => {
    const slow = await open(`/sessions/${liveSession}/watch`, 'helene', 'too-much')
    await slow.getByText('1,200 records passed before they could be shown. The recording has all of them.').waitFor()
    expect(await slow.getByRole('option').count()).toBeGreaterThan(5)
    const refused = await open(`/sessions/${other}/watch`, 'jonas', 'four-eyes')
    await refused.getByText('a role that may watch this session').waitFor()
  })

  test('operators watch nobody', async () => {
    const page = await open(`/sessions/${other}/watch`, 'mira')
    await page
      .getByText(/reviewer/i)
      .first()
      .waitFor()
    expect(await page.getByRole('listbox').count()).toBe(0)
  })
})

describe('the overview', () => {
  test('each number leads to its rows, and the period stays', async () => {
    const page = await open('/overview')
    await page.getByRole('button', { name: '7 days' }).click()
    await page.getByText('Calls denied').waitFor()
    await page.locator('dt:has-text("Calls denied") + dd a').click()
    await page.getByRole('heading', { name: 'Sessions with denied calls' }).waitFor()
    expect(page.url()).toMatch(/verdict=denied/)
    expect(page.url()).toMatch(/from=/)
    await page.goBack()
    await page.getByRole('table', { name: 'Approvals by outcome' }).getByRole('link').first().click()
    await page.getByRole('heading', { name: /Approvals:/ }).waitFor()
  })

  test('the chart is read by keyboard, and as a table', async () => {
    const page = await open('/overview')
    await page.getByRole('img', { name: /Calls by verdict/ }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByText(/: \d+ allowed, \d+ masked, \d+ held, \d+ denied/).waitFor()
    await page.getByRole('button', { name: 'Show as table' }).click()
    const table = page.getByRole('region', { name: /Calls by verdict/ })
    expect(await table.getByRole('row').count()).toBe(31)
  })

  test('gaps in the evidence stand on top, each with its sessions', async () => {
    const page = await open('/overview', 'helene', 'alarm')
    await page.getByRole('link', { name: '2 numbers of sessions missing' }).click()
    await page.getByText('118 to 119').waitFor()
    expect(page.url()).toMatch(/gap=missing-number/)
  })
})

test('the access review finds who may and never did, and is saved', async () => {
  const page = await open('/access-review')
  const rows = page.getByRole('row')
  await page.getByRole('cell', { name: 'Mira Okafor' }).first().waitFor()
  const all = await rows.count()
  await page.getByRole('button', { name: /May, but never did/ }).click()
  expect(await rows.count()).toBeLessThan(all)
  const given = page.getByRole('region', { name: 'Access that was given' })
  await given.getByRole('row', { name: /Mira Okafor.*github-internal.*without approval/ }).waitFor()
  await page.getByRole('button', { name: 'Save as CSV' }).click()
  await page.getByText('access-review-2026-11-22.csv').waitFor()
  await page.getByText('access-grants-2026-11-22.csv').waitFor()
})

test('a control is tried when it is asked for, and says what it did', async () => {
  const page = await open('/controls')
  await page.getByRole('button', { name: 'Run test of C1.1' }).click()
  const card = page.getByRole('region', { name: 'Test of C1.1' })
  await card.getByText('Failed').waitFor()
  await card.getByText(/unmasked: email/).waitFor()
  await page.getByRole('button', { name: 'Run all tests' }).click()
  await page.getByText('Could not be tried').waitFor()
  expect(await page.getByText('Passed').count()).toBe(8)
})

test('these pages are for auditors, administrators and reviewers', async () => {
  for (const path of ['/overview', '/controls', '/access-review', '/overview/sessions']) {
    const page = await open(path, 'mira')
    await page
      .getByText(/auditor/i)
      .first()
      .waitFor()
    expect(await page.getByRole('table').count()).toBe(0)
  }
})

/** One of each kind of page; `test/renderer/screenshots.ts` looks at all of them, in light and dark. */
const looked = oversightPages.filter(({ name }) =>
  ['watch', 'overview-table', 'overview-gaps', 'access-review', 'controls-tested'].includes(name),
)

test.for(looked)('$name has no accessibility violation', async (subject) => {
  const page = await pages.open(subject)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await subject.prepare?.(page)
  expect(await accessibilityViolations(page)).toEqual([])
})

/** What Tab walks through: radio buttons, tabs and options have one stop for all of them. */
const stops = 'a[href], button, input:not([type=radio]), select, textarea, [contenteditable=true], [tabindex="0"]'

interface Walk {
  /** controls that Tab never came to */
  missed: string[]
  /** controls that did not show that they have the focus */
  unseen: string[]
  around: boolean
}

/** Walks with Tab until it comes to a control for the second time: all around, wherever the page had begun. */
async function walk(page: Page): Promise<Walk> {
  const unseen: string[] = []
  for (let step = 0; step < 250; step += 1) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const element = document.activeElement
      // between the last control and the first
      if (element === null || element === document.body) return 'seen'
      // a date has a stop for each of its parts
      if (element.getAttribute('data-walked') === 'here') return 'seen'
      if (element.hasAttribute('data-walked')) return 'again'
      document.querySelector('[data-walked=here]')?.setAttribute('data-walked', '')
      element.setAttribute('data-walked', 'here')
      // the ring may be drawn around what holds the field
      for (let drawn: Element | null = element, up = 0; drawn !== null && up < 4; drawn = drawn.parentElement, up += 1) {
        const { outlineStyle, outlineWidth } = getComputedStyle(drawn)
        if (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) return 'seen'
      }
      const sibling = element.nextElementSibling
      if (sibling !== null && getComputedStyle(sibling).outlineStyle !== 'none') return 'seen'
      return element.outerHTML.slice(0, 120)
    })
    if (at !== 'again') {
      if (at !== 'seen') unseen.push(at)
      continue
    }
    const missed = await page.evaluate(
      (selector) =>
        [...document.querySelectorAll(selector)]
          .filter((element) => !element.hasAttribute('data-walked') && element.getAttribute('tabindex') !== '-1')
          .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('[inert], [aria-hidden=true]'))
          .map((element) => element.outerHTML.slice(0, 120)),
      stops,
    )
    return { missed, unseen, around: true }
  }
  return { missed: [], unseen, around: false }
}

test.for([
  ['/connections', 'priya'],
  [`/sessions/${liveSession}`, 'mira'],
  ['/inbox', 'jonas'],
  ['/recordings', 'helene'],
  ['/people?person=u-1042', 'helene'],
  ['/settings', 'jonas'],
] as const)('by keyboard alone, all of %s is reached, shows where one is, and lets go', async ([path, as]) => {
  const page = await open(path, as)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  expect(await walk(page)).toEqual({ missed: [], unseen: [], around: true })
  await page.close()
})

test('the list of shortcuts opens with a key, holds the focus, and gives it back', async () => {
  const page = await open('/settings', 'jonas')
  const dark = page.getByRole('radio', { name: 'Dark' })
  const theme = page.getByRole('button', { name: /Switch to the/ })
  await dark.waitFor({ state: 'attached' })
  await theme.focus()
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await dialog.getByText('approve, after a question').waitFor()
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('Tab')
  expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => theme.evaluate((element) => element === document.activeElement), patiently).toBe(true)
  await page.close()
})
