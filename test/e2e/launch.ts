/**
 * Starts the built application for a test. The same tests run on both: on the Electron binary where it is installed (or
 * ELECTRON_OVERRIDE_DIST_PATH names it), else on the host on Chromium. `runtime` says which; a host pass is not an Electron pass.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'

export const projectFolder = resolve(import.meta.dirname, '../..')
/** the folder with the build; another one than the project's to test what was packaged or patched */
export const application = process.env['GATEHOUSE_E2E_APPLICATION'] ?? projectFolder
const hostFolder = join(projectFolder, 'test', 'electron-host')

/** the host has to give the custom scheme an address that stock Chromium knows */
export const applicationPage = /^(app:\/\/gatehouse|https:\/\/gatehouse\.app-scheme\.test)\//

export interface LaunchedDesktop {
  app: ElectronApplication
  page: Page
  runtime: 'electron' | 'host'
  userData: string
  /** everything that main has written to its log so far */
  log(): string
  /** ends the application; removes the folder unless it was given */
  close(): Promise<void>
}

export interface LaunchOptions {
  userData?: string
  env?: Record<string, string>
  parameters?: string[]
}

/** The executable of the Electron package if its binary was downloaded; else the host's launcher. */
export function electronExecutable(): { path: string; runtime: 'electron' | 'host' } {
  const overridden = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  if (overridden) {
    const path = join(resolve(overridden), 'electron')
    return { path, runtime: existsSync(join(overridden, 'boot.ts')) ? 'host' : 'electron' }
  }
  const electronPackage = join(projectFolder, 'node_modules', 'electron')
  const pathFile = join(electronPackage, 'path.txt')
  const binary = existsSync(pathFile) ? join(electronPackage, 'dist', readFileSync(pathFile, 'utf8')) : undefined
  if (binary && existsSync(binary)) return { path: binary, runtime: 'electron' }
  return { path: join(hostFolder, 'electron'), runtime: 'host' }
}

export async function launchDesktop(options: LaunchOptions = {}): Promise<LaunchedDesktop> {
  if (!existsSync(join(application, 'out', 'main', 'index.js'))) throw new Error('There is no build to test: run `npm run build` first.')
  const userData = options.userData ?? mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'))
  const { path, runtime } = electronExecutable()
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  // Playwright finds Electron through this; without executablePath it also loads its own script into main
  process.env['ELECTRON_OVERRIDE_DIST_PATH'] = resolve(path, '..')
  const app = await _electron.launch({
    args: [application, ...(options.parameters ?? [])],
    cwd: projectFolder,
    env: {
      ...Object.fromEntries(inherited),
      GATEHOUSE_USER_DATA: userData,
      // a person's own session bus is none of a test's business
      DBUS_SESSION_BUS_ADDRESS: '',
      ...options.env,
    },
  })
  let log = ''
  app.process().stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const page = await app.firstWindow()
  await page.waitForURL((url) => applicationPage.test(url.href))
  return {
    app,
    page,
    runtime,
    userData,
    log: () => log,
    async close() {
      await app.close()
      if (options.userData === undefined) rmSync(userData, { recursive: true, force: true })
    },
  }
}
