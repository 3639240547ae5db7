/** The pages of administrators: agents, tools, policy, connections. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { PersonName, Scenario } from '../fakes/fake-scenario.ts'
import { changeDraft } from '../renderer/draft-text.ts'
import { accessibilityViolations, patiently, usePages } from './use-pages.ts'

const pages = usePages()
let page: Page
const open = async (path: string, as: PersonName, scenario: Scenario = 'full'): Promise<void> => {
  page = await pages.open({ path, as, scenario })
}
const button = (name: string | RegExp) => page.getByRole('button', { name })

describe('an administrator', () => {
  const policyDraft = 'policy.yaml, draft'
  const edit = async (change: (text: string) => string): Promise<void> => {
    await open('/policies', 'priya')
    await button('Edit a draft').click()
    await changeDraft(page, policyDraft, change)
  }

  test('simulates a draft, opens a call that it would decide otherwise at its moment, and comes back to the result', async () => {
    await edit((text) => text.replace('k == "delete"', 'k in ["delete", "update"]'))
    await page.getByText('not run').waitFor()
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText(/^Finished/).waitFor()
    await page.getByText('24 messages change').waitFor()
    await page.getByRole('button', { name: '4 Indeterminate' }).click()
    await expect.poll(() => page.getByRole('list', { name: 'Changes' }).getByRole('listitem').count(), patiently).toBe(4)
    await page.getByRole('button', { name: /^5 Allow/ }).click()
    await page
      .getByRole('link', { name: /UPDATE refunds/ })
      .first()
      .click()
    await expect.poll(() => page.url(), patiently).toMatch(/#\/recordings\/ses_\w+\?seq=13$/)
    await page.goBack()
    await page.getByText('24 messages change').waitFor()
    await changeDraft(page, policyDraft, (text) => `${text}# more\n`)
    await page.getByText('The draft has changed since.').waitFor()
    await page.getByText('of an earlier text').waitFor()
  })

  test('cancels a simulation, and reads why one is refused', async () => {
    await open('/policies', 'priya', 'alarm')
    await button('Edit a draft').click()
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('376 of 942 recordings').waitFor()
    expect(await page.getByRole('progressbar', { name: 'Progress of the simulation' }).getAttribute('value')).toBe('376')
    await page.getByRole('region', { name: 'Simulation' }).getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('It was cancelled, so there is no result.').waitFor()
    await changeDraft(page, policyDraft, (text) => text.replace('    effect: deny\n', '    effect: deny\n    severity: high\n'))
    await button('Run again').click()
    await page.getByRole('region', { name: 'Simulation' }).getByText('The policy is not valid').waitFor()
  })

  test('finds a changed tool, sees what is hidden in it, and rejects it with a reason, by keyboard alone', async () => {
    await open('/connections', 'priya')
    await page.getByRole('link', { name: '1 tool waits on orders-db' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 2, name: 'search_objects' }).waitFor()
    const comparison = page.getByRole('region', { name: 'Comparison of the definitions' })
    for (const codePoint of ['U+0435', 'U+2063', 'U+202E']) await comparison.getByText(codePoint).waitFor()
    await comparison.getByText('unchanged lines').press('Enter')
    await comparison.getByText('"index"').first().waitFor()
    const reject = page.getByRole('button', { name: 'Reject', exact: true })
    expect(await reject.getAttribute('aria-disabled')).toBe('true')
    await page.getByLabel('Reason').focus()
    await page.keyboard.type('It reads keys.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Reject this tool?' })
    await dialog.getByText('“It reads keys.”').waitFor()
    await dialog.getByRole('button', { name: 'Reject tool' }).press('Enter')
    await page.getByText('Rejected: clients are not shown this tool').waitFor()
    await page.getByText('6 tools, none waits').waitFor()
  })

  test('walks and filters three hundred tools', async () => {
    await open('/connections/orders-db/tools', 'priya', 'too-much')
    const list = page.getByRole('listbox', { name: 'Tools by state' })
    await page.getByText('306 tools, 6 wait for a decision').waitFor()
    await list.focus()
    await page.keyboard.press('End')
    await expect.poll(() => list.getByRole('option', { selected: true }).getAttribute('aria-posinset'), patiently).toBe('306')
    await page.keyboard.press('Home')
    await page.keyboard.press('j')
    await expect.poll(() => list.getByRole('option', { selected: true }).getAttribute('aria-posinset'), patiently).toBe('2')
    await page.getByRole('button', { name: 'Waiting 6' }).click()
    await expect.poll(() => list.getByRole('option').count(), patiently).toBe(6)
    await page.getByRole('searchbox', { name: 'Tool name' }).fill('search_')
    await page.getByText('1 of 306').waitFor()
    await page.getByText('Hold until accepted').click()
    await expect.poll(() => page.getByRole('radio', { name: 'Hold until accepted' }).isChecked(), patiently).toBe(true)
  })

  test('cannot activate what the check refuses, and jumps to the line', async () => {
    await edit((text) => text.replace('effect: deny\n', 'effect: deny\n    severity: high\n'))
    await page.getByText('The check found a problem.').first().waitFor()
    expect(await button('Activate').getAttribute('aria-disabled')).toBe('true')
    await button('line 17').click()
    await page.getByText('Ln 17, Col 1').waitFor()
  })

  test('cannot activate what is in force already', async () => {
    await edit((text) => text)
    await expect.poll(() => page.getByText('It is the same as what is in force.').first().isVisible(), patiently).toBe(true)
  })

  test('activates a checked draft after a question', async () => {
    await edit((text) => text.replace('decideWithin: 15m', 'decideWithin: 10m'))
    await page.getByText('No problem found').waitFor()
    await button('Activate').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click()
    await button('Edit a draft').waitFor()
    expect(await page.getByRole('region', { name: 'policy.yaml' }).first().innerText()).toContain('decideWithin: 10m')
  })

  /** A list that has just opened does not take a key at once, so that nobody takes what they did not see. */
  const take = async (option: string | RegExp): Promise<void> => {
    await page.getByRole('option', { name: option }).evaluate(() => new Promise((resolve) => void setTimeout(resolve, 150)))
    await page.keyboard.press('Enter')
  }

  test('completes a rule and reads what a key means, by keyboard alone', async () => {
    await edit((text) => text)
    const editor = page.getByRole('textbox', { name: policyDraft })
    await editor.press('Control+End')
    await page.keyboard.type('  - i')
    await page.getByText('Names the rule in decisions').waitFor()
    await take(/^id/)
    await expect.poll(() => editor.innerText()).toMatch(/ {2}- id: \s*$/)
    await page.keyboard.type('mine')
    await page.keyboard.press('Enter')
    await page.keyboard.type('effect: re')
    await take('review')
    await expect.poll(() => editor.innerText()).toMatch(/- id: mine\n {4}effect: review\s*$/)
  })

  test('leaves the editor with Escape and Tab, and indents with Tab alone', async () => {
    await edit((text) => text)
    const editor = page.getByRole('textbox', { name: policyDraft })
    await editor.press('Control+Home')
    await editor.press('Tab')
    await expect.poll(() => editor.innerText()).toMatch(/^ {2}version: 1/)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    expect(await editor.evaluate((content) => content === document.activeElement)).toBe(false)
  })

  test('takes a recorded response to try masking on, by keyboard alone', async () => {
    await open('/masking', 'priya')
    await button('Try it').press('Enter')
    await button('Recorded response').press('Enter')
    const recordings = page.getByPlaceholder('Choose a session')
    await recordings.press('ArrowDown')
    await page.getByRole('option').first().waitFor()
    await recordings.press('ArrowDown')
    await recordings.press('Enter')
    const responses = page.getByRole('listbox', { name: 'Responses, the newest first' })
    await responses
      .getByText(/ rows · /)
      .first()
      .waitFor()
    const numbers = await responses.getByRole('option').locator('> :first-child').allInnerTexts()
    expect(numbers.map(Number)).toEqual(numbers.map(Number).toSorted((a, b) => b - a))
    const search = page.getByRole('searchbox', { name: 'Find in responses' })
    await search.pressSequentially('no such word')
    await page.getByText('No response has these words.').waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    // empties the field, and the dialog is still there
    await page.keyboard.press('Escape')
    await responses.getByRole('option').first().waitFor()
    await responses.press('ArrowDown')
    await responses.press('ArrowDown')
    const chosen = responses.getByRole('option', { selected: true })
    expect(await chosen.getAttribute('aria-posinset')).toBe('2')
    await responses.press('End')
    await expect.poll(async () => chosen.getAttribute('aria-posinset')).toBe(await chosen.getAttribute('aria-setsize'))
    await responses.press('Home')
    await responses.press('Enter')
    await expect.poll(() => page.getByRole('textbox', { name: 'Response before masking' }).inputValue(), patiently).toContain('jsonrpc')
  })

  test('registers a connection from what an agent declares, with problems at their fields', async () => {
    await open('/connections', 'priya')
    await button('Register a connection').click()
    await button('Register').last().click()
    await page.getByText('Choose a server.').waitFor()
    await page.getByPlaceholder('Choose a server').click()
    await page.getByRole('option', { name: /^warehouse/ }).click()
    await page.getByText('A connection has this name already.').waitFor()
    await page.getByLabel('Name').fill('warehouse-2')
    await button('Register').last().click()
    await expect.poll(() => page.getByRole('row', { name: /warehouse-2/ }).isVisible(), patiently).toBe(true)
  })

  test('an auditor reads the policy and cannot change it', async () => {
    await open('/policies', 'helene')
    const draft = button('Edit a draft')
    await draft.waitFor()
    expect(await draft.getAttribute('aria-disabled')).toBe('true')
    await page.getByText('Changing it needs the role administrator.').waitFor({ state: 'attached' })
  })
})
