import { join } from 'node:path'
import { _electron, chromium, type Browser, type ElectronApplication, type Page } from 'playwright-core'
import type { DesktopBridge, DesktopChannel, DesktopInput, DesktopOutput } from '../../src-protocol/desktop-api.ts'
import { findChromium } from '../../test/electron-host/chromium.ts'
import { installedElectron, hasDisplay } from '../supervisor/desktop-runtime.ts'

/** One person at their own desktop: the real application in a profile of its own. */
export interface DesktopDriver {
  name: string
  app: ElectronApplication
  page: Page
  runtime: 'electron' | 'host'
  /** the system browser of this person shows the sign-in; `atLogin` sees its page before the form is sent */
  signIn(account: string, atLogin?: (page: Page) => Promise<void>): Promise<void>
  /** as Settings does; resolves when the window has it */
  useColorScheme(colorScheme: 'light' | 'dark'): Promise<void>
  /** what the window's own code calls; throws with the error's code and message */
  invoke<C extends DesktopChannel>(
    channel: C,
    ...input: undefined extends DesktopInput<C> ? [] : [DesktopInput<C>]
  ): Promise<DesktopOutput<C>>
  close(): Promise<void>
}

export interface DesktopOptions {
  root: string
  name: string
  userData: string
  gatewayUrl: string
  colorScheme: 'light' | 'dark'
  env?: Record<string, string>
}

export async function openDesktopDriver(options: DesktopOptions): Promise<DesktopDriver> {
  const electron = hasDisplay() ? installedElectron() : undefined
  const runtime = electron ? 'electron' : 'host'
  const app = await _electron.launch({
    executablePath: electron ?? join(options.root, 'test', 'electron-host', 'electron'),
    args: [options.root],
    cwd: options.root,
    colorScheme: options.colorScheme,
    timeout: 60_000,
    env: {
      ...(process.env as Record<string, string>),
      GATEHOUSE_USER_DATA: options.userData,
      GATEHOUSE_GATEWAY_URL: options.gatewayUrl,
      GATEHOUSE_PROFILE: options.name,
      ...options.env,
    },
  })
  const page = await app.firstWindow()
  page.setDefaultTimeout(20_000)
  let browser: Browser | undefined
  const driver: DesktopDriver = {
    name: options.name,
    app,
    page,
    runtime,
    async signIn(account, atLogin) {
      await page
        .getByRole('main')
        .getByRole('button', { name: /^sign in/i })
        .click()
      const url = await waitingUrl(driver)
      browser ??= await chromium.launch(await findChromium({ headless: true }))
      const person = await browser.newContext({ colorScheme: options.colorScheme, viewport: { width: 1280, height: 800 } })
      const tab = await person.newPage()
      await tab.goto(url)
      await tab.locator(`[data-account="${account}"]`).click()
      await tab.getByRole('button', { name: 'Sign in' }).waitFor()
      await atLogin?.(tab)
      await tab.getByRole('button', { name: 'Sign in' }).click()
      await tab.waitForURL(/127\.0\.0\.1:\d+\/callback/)
      await person.close()
      await page.getByRole('navigation').first().waitFor()
    },
    async useColorScheme(colorScheme) {
      await driver.invoke('preferences:set', { colorScheme })
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: 'attached' })
    },
    async invoke(channel, ...input) {
      const reply = await page.evaluate(
        async ([name, value]) => (globalThis as unknown as { gatehouse: DesktopBridge }).gatehouse.invoke(name as never, value as never),
        [channel, input[0]] as const,
      )
      const { ok, value, error } = reply as { ok: boolean; value?: unknown; error?: { code: string; message: string } }
      if (!ok) throw new Error(`${channel}: ${error?.code} ${error?.message}`)
      return value as DesktopOutput<typeof channel>
    },
    async close() {
      await browser?.close()
      await app.close()
    },
  }
  await page.getByRole('button').first().waitFor()
  await driver.useColorScheme(options.colorScheme)
  return driver
}

async function waitingUrl(driver: DesktopDriver): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { signIn } = await driver.invoke('state:get')
    if (signIn.state === 'waiting') return signIn.url
    await driver.page.waitForTimeout(50)
  }
  throw new Error('The desktop did not start a sign-in.')
}
