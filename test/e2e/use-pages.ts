/** The renderer in a browser engine, under the application's content security policy, with the double in place of the desktop. */
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, inject } from 'vitest'
import { findChromium } from '../electron-host/chromium.ts'
import { pageUrl, type PageUnderTest } from '../renderer/page-under-test.ts'

export interface OpenedAs extends Pick<PageUnderTest, 'path' | 'as' | 'scenario'> {
  colorScheme?: 'light' | 'dark'
  /** default: none, so that nothing that is looked at moves */
  motion?: 'no-preference'
}

/** A busy machine takes its time. */
export const patiently = { timeout: 60_000 }

/** A browser for the tests of a file. Its windows are closed after each test, which fails if one of them wrote an error to its console. */
export function usePages(): { open(what: OpenedAs): Promise<Page> } {
  const url = inject('rendererUrl')
  const contexts: BrowserContext[] = []
  const consoleErrors: string[] = []
  let browser: Browser

  beforeAll(async () => {
    const [started, answer] = await Promise.all([findChromium({ headless: true }).then((found) => chromium.launch(found)), fetch(url)])
    browser = started
    // the first to ask waits until the renderer is built
    if (answer.status === 500) throw new Error(await answer.text())
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    // a refused style or script of the content security policy shows here
    const errors = consoleErrors.splice(0)
    if (errors.length > 0) throw new Error(`The console has errors:\n${errors.join('\n')}`)
  })

  return {
    async open({ colorScheme = 'light', motion, ...what }) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        timezoneId: 'Europe/Berlin',
        colorScheme,
        reducedMotion: motion ?? 'reduce',
      })
      contexts.push(context)
      const page = await context.newPage()
      page.setDefaultTimeout(patiently.timeout)
      page.on('console', (message) => {
        if (message.type() === 'error') consoleErrors.push(message.text())
      })
      page.on('pageerror', (error) => consoleErrors.push(error.message))
      await page.goto(pageUrl(url, { name: what.path, ...what }))
      return page
    },
  }
}

/** Rule and places of each violation of WCAG 2.2 AA. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, html }) => `${String(target)} ${html}`).join(', ')}`)
}
