/** The pages of operators, reviewers and administrators in a browser engine, under the application's policy, against the double. */
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findChromium } from '../electron-host/chromium.ts'
import type { FakeDesktop } from '../fakes/fake-desktop.ts'
import type { PersonName, Scenario } from '../fakes/fake-scenario.ts'
import { heldApproval, liveSession } from '../fakes/fake-sessions.ts'
import { pageUrl } from '../renderer/pages.ts'
import { serveRenderer, type ServedRenderer } from '../renderer/serve.ts'
import { changeDraft } from '../renderer/draft-text.ts'

let served: ServedRenderer
let browser: Browser
let page: Page
let consoleErrors: string[] = []

beforeAll(async () => {
  served = await serveRenderer()
  browser = await chromium.launch(await findChromium({ headless: true }))
})
afterAll(async () => {
  await browser.close()
  await served.close()
})
afterEach(async () => {
  await page.context().close()
  // a refused style or script of the content security policy shows here
  if (consoleErrors.length > 0) throw new Error(`The console has errors:\n${consoleErrors.join('\n')}`)
})

async function open(path: string, as: PersonName, scenario: Scenario = 'full', colorScheme: 'light' | 'dark' = 'light'): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    timezoneId: 'Europe/Berlin',
    colorScheme,
    reducedMotion: 'reduce',
  })
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  consoleErrors = []
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text())
  })
  page.on('pageerror', (error) => consoleErrors.push(error.message))
  await page.goto(pageUrl(served.url, { name: path, path, as, scenario }))
}

/** A busy machine takes its time. */
const patiently = { timeout: 20_000 }

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
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.target])).toEqual([])
})
