/**
 * Looks at every page: `node test/renderer/screenshots.ts [--only session,inbox] [--theme dark] [--size 1920x1080] [--zoom 1.25]
 * [--forced-colors] [--out folder] [--no-axe]`. A zoom leaves the window its size and the page less room, as in the application.
 * Writes one PNG per page and theme and fails if a page has an accessibility violation, an error in its console, or a text cut by its window.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright-core'
import { findChromium } from '../electron-host/chromium.ts'
import { pageUrl, type PageUnderTest } from './page-under-test.ts'
import { pagesUnderTest } from './pages.ts'
import { serveRenderer } from './serve.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    theme: { type: 'string' },
    size: { type: 'string', default: '1280x800' },
    zoom: { type: 'string', default: '1' },
    'forced-colors': { type: 'boolean', default: false },
    out: { type: 'string', default: 'test-results/screens' },
    'no-axe': { type: 'boolean', default: false },
  },
})
const zoom = Number(values.zoom)
const [width = 1280, height = 800] = values.size.split('x').map((length) => Math.round(Number(length) / zoom))
/** The time on every screenshot, so that two runs can be compared. */
const time = new Date('2026-11-22T13:19:39.000Z')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

type Theme = 'light' | 'dark'

async function look(browser: Browser, url: string, subject: PageUnderTest, theme: Theme): Promise<string[]> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: zoom,
    forcedColors: values['forced-colors'] ? 'active' : 'none',
    colorScheme: theme,
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
  await page.clock.install({ time })
  try {
    await page.goto(pageUrl(url, subject))
    await settle(page)
    if (subject.prepare) {
      page.setDefaultTimeout(8000)
      await subject.prepare(page)
    }
    // dialogs and menus fade in
    await page.clock.runFor(400)
    await settle(page)
    await page.screenshot({ path: join(values.out, `${subject.name}-${theme}.png`) })
    if (!values['no-axe']) problems.push(...(await axeViolations(page)))
    problems.push(...(await overflow(page)))
  } catch (error) {
    await page.screenshot({ path: join(values.out, `${subject.name}-${theme}-failed.png`) })
    problems.push(`failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  await context.close()
  return problems.map((problem) => `${subject.name} ${theme}: ${problem}`)
}

async function settle(page: Page): Promise<void> {
  // a busy machine may take its time until the first drawing: an empty page would pass every check
  await page.locator('main :is(h1, h2, [role="status"], [role="alert"])').first().waitFor()
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
}

async function axeViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze()
  return violations.flatMap((violation) =>
    violation.nodes.map((node) => `axe ${violation.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`),
  )
}

/** The window itself never scrolls: what does not fit scrolls within its pane. */
async function overflow(page: Page): Promise<string[]> {
  const [width, height] = await page.evaluate(
    () => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight] as const,
  )
  return width > 0 || height > 0 ? [`the window overflows by ${width} × ${height} px`] : []
}

const only = values.only?.split(',')
const themes: Theme[] = values.theme === undefined ? ['light', 'dark'] : [values.theme as Theme]
const subjects = pagesUnderTest.filter(
  (subject) =>
    only === undefined || only.some((name) => subject.name === name || (name.endsWith('*') && subject.name.startsWith(name.slice(0, -1)))),
)
await mkdir(values.out, { recursive: true })
const served = await serveRenderer()
const browser = await chromium.launch(await findChromium({ headless: true }))
const problems: string[] = []
for (const subject of subjects) for (const theme of themes) problems.push(...(await look(browser, served.url, subject, theme)))
await browser.close()
await served.close()
process.stdout.write(
  `${problems.map((problem) => `${problem}\n`).join('')}${subjects.length} pages in ${themes.join(' and ')}, ${problems.length} problems. ${values.out}\n`,
)
process.exitCode = problems.length === 0 ? 0 : 1
