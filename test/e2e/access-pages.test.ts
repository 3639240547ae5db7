/** Access and People in a browser engine, under the application's policy, against the double: by keyboard, and judged by axe. */
import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pendingAccess } from '../fakes/fake-access.ts'
import type { PersonName } from '../fakes/fake-scenario.ts'
import { liveSession } from '../fakes/fake-sessions.ts'
import { pagesUnderTest } from '../renderer/pages.ts'
import { accessibilityViolations, patiently, usePages } from './use-pages.ts'

const pages = usePages()
let page: Page
const open = async (path: string, as: PersonName): Promise<void> => {
  page = await pages.open({ path, as })
}

const button = (name: string | RegExp): Locator => page.getByRole('button', { name })
/** As somebody without a mouse. */
const press = async (target: Locator): Promise<void> => {
  await target.focus()
  await target.press('Enter')
}

describe('an operator', () => {
  test('gives access back, asks for it again with a reason, and has it', async () => {
    await open('/connections', 'mira')
    await press(button('Give back the access to github-internal'))
    const ask = button('Ask for access on github-internal')
    // the button that was pressed is gone: the focus stays in its row
    await expect.poll(() => ask.evaluate((element) => element === document.activeElement), patiently).toBe(true)
    await press(ask)
    const dialog = page.getByRole('dialog')
    await page.keyboard.press('Tab')
    await press(dialog.getByRole('button', { name: 'Ask for access' }))
    await dialog.getByText('Say in a few words why.').waitFor()
    await dialog.getByLabel('Reason').fill('INC-4127: which change broke refunds?')
    await dialog.getByLabel('For how long, in minutes').fill('30')
    await press(dialog.getByRole('button', { name: 'Ask for access' }))
    await dialog.waitFor({ state: 'hidden' })
    await button('Give back the access to github-internal').waitFor()
    await expect.poll(() => button('Start session on github-internal').isVisible(), patiently).toBe(true)
  })

  test('withdraws a request, and reads that a session waits for a reviewer until then', async () => {
    await open('/connections', 'mira')
    const start = button('Start session on warehouse')
    await start.focus()
    await page.getByRole('tooltip', { name: 'Your request for access waits for a reviewer.' }).waitFor()
    await press(button('Withdraw the request for warehouse'))
    await expect.poll(() => button('Ask for access on warehouse').isVisible(), patiently).toBe(true)
  })
})

describe('breaking the glass', () => {
  test('takes a reason and a fresh sign-in, by keyboard', async () => {
    await open(`/sessions/${liveSession}`, 'mira')
    await press(button('Break glass'))
    const dialog = page.getByRole('dialog')
    await press(dialog.getByRole('button', { name: 'Break the glass' }))
    await dialog.getByText('At least 20 characters').waitFor()
    await dialog.getByLabel('Reason').fill('INC-4127: refunds are stuck and nobody of dba answers')
    await press(dialog.getByRole('button', { name: 'Break the glass' }))
    await dialog.getByText('Your browser is open: sign in there.').waitFor()
    await press(dialog.getByRole('button', { name: 'Cancel' }).first())
    await dialog.getByText('Your browser is open').waitFor({ state: 'hidden' })
    expect(await dialog.isVisible()).toBe(true)
  })

  test('is closed and reviewed by a reviewer with words, by keyboard', async () => {
    await open('/break-glass', 'jonas')
    await press(button('Close the glass that Tomas'))
    const dialog = page.getByRole('dialog')
    await press(dialog.getByRole('button', { name: 'Close the glass' }))
    await dialog.getByText('Say in a few words why').waitFor()
    await dialog.getByLabel('Reason').fill('this is no incident')
    await press(dialog.getByRole('button', { name: 'Close the glass' }))
    await dialog.waitFor({ state: 'hidden' })
    await press(button('Review of Noor Haddad'))
    await press(dialog.getByRole('button', { name: 'Justified', exact: true }))
    await dialog.getByText('At least 10 characters').waitFor()
    await dialog.getByLabel('Your review').fill('Read both calls: they belong to INC-4178.')
    await press(dialog.getByRole('button', { name: 'Justified', exact: true }))
    await dialog.waitFor({ state: 'hidden' })
    await expect.poll(() => button('Review of Noor Haddad').count(), patiently).toBe(0)
  })
})

describe('a reviewer', () => {
  test('denies a request for access with a word only, and approves one with A and Enter', async () => {
    await open(`/inbox/${pendingAccess}`, 'jonas')
    await page.getByRole('heading', { name: 'Access to warehouse' }).waitFor()
    await page.keyboard.press('d')
    await page.getByText('Say in a few words why').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('a')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Sessions can be started from now on.', { exact: false }).waitFor()
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await expect.poll(() => page.getByRole('region', { name: 'Request' }).getByText('Granted').isVisible(), patiently).toBe(true)
  })
})

describe('an administrator', () => {
  test('writes a rule with a window, is told what is missing, and finds it in the list', async () => {
    await open('/access?tab=rules', 'priya')
    await press(button('New rule'))
    const dialog = page.getByRole('dialog')
    await press(dialog.getByRole('button', { name: 'Create rule' }))
    await dialog.getByText('Choose a connection.').waitFor()
    await dialog.getByRole('combobox', { name: 'Connection' }).fill('orders')
    await page.getByRole('option', { name: 'orders-db' }).click()
    await dialog.getByText('It is the first rule of orders-db.').waitFor()
    await dialog.getByLabel('Name').fill('Release night')
    await dialog.getByRole('switch', { name: 'Open at certain times only' }).press('Space')
    await dialog.getByLabel('To', { exact: true }).fill('25:00')
    await press(dialog.getByRole('button', { name: 'Create rule' }))
    await dialog.getByText('Write times in 24 hours, such as 09:00.').waitFor()
    await dialog.getByLabel('To', { exact: true }).fill('06:00')
    await dialog.getByLabel('To, on the next day').waitFor()
    await press(dialog.getByRole('button', { name: 'Create rule' }))
    await dialog.waitFor({ state: 'hidden' })
    const row = page.getByRole('row', { name: /Release night/ })
    await expect.poll(() => row.getByText('Monday to Friday 09:00–06:00').isVisible(), patiently).toBe(true)
  })

  test('revokes access with a reason, and finds it in the history', async () => {
    await open('/access', 'priya')
    await press(button('Revoke access of Mira Okafor to github-internal'))
    const dialog = page.getByRole('dialog')
    await press(dialog.getByRole('button', { name: 'Revoke access' }))
    await dialog.getByText('Say in a few words why', { exact: false }).waitFor()
    await dialog.getByLabel('Reason').fill('The incident is closed.')
    await press(dialog.getByRole('button', { name: 'Revoke access' }))
    await page.getByText('Nobody has access through a rule at this moment.').waitFor()
    await page.getByRole('tab', { name: 'History' }).press('Enter')
    await expect.poll(() => page.getByText('Revoked by Priya Raman: The incident is closed.').isVisible(), patiently).toBe(true)
  })

  test('reads of somebody what they reach, and why not', async () => {
    await open('/people', 'priya')
    await press(page.getByRole('link', { name: 'Tomas Rehák' }))
    await page.getByRole('heading', { level: 1, name: 'Tomas Rehák' }).waitFor()
    await page.getByRole('combobox', { name: 'Why, or why not' }).fill('crm')
    await page.getByRole('option', { name: 'crm-prod' }).click()
    await page.getByText('The connection is open to the group crm-support only.').waitFor()
    expect(await page.getByRole('row').count()).toBe(2)
  })
})

test('whoever has neither role does not get to Access or People', async () => {
  await open('/people', 'mira')
  await page
    .getByText(/administrator or auditor|role/i)
    .first()
    .waitFor()
  expect(await page.getByRole('heading', { level: 1, name: 'People' }).count()).toBe(0)
})

const names = /^(access(?!-review)|people|inbox-access|connections-ask|break-glass(-review|-rule-new|-open)?$)/
const judged = pagesUnderTest.filter(({ name }) => names.test(name) && !name.includes('loading'))

test.for((['light', 'dark'] as const).flatMap((scheme) => judged.map((one) => [one.name, scheme, one] as const)))(
  '%s in %s has nothing that axe objects to',
  async ([, scheme, one]) => {
    page = await pages.open({ ...one, colorScheme: scheme })
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await one.prepare?.(page)
    expect(await accessibilityViolations(page)).toEqual([])
  },
)
