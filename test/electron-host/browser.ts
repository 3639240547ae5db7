/** The one Chromium of the host: started before the application is ready, ended with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { app } from './app.ts'
import { applicationInfo } from './application-info.ts'
import { CdpConnection, type CdpSession, type Protocol } from './cdp.ts'
import { findChromium, type FoundChromium } from './chromium.ts'
import { debug } from './host-record.ts'

export const headful = process.env['GATEHOUSE_HOST_HEADFUL'] === '1'

const quietSwitches = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-extensions',
  '--metrics-recording-only',
  '--disable-search-engine-choice-screen',
  '--password-store=basic',
  '--use-mock-keychain',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  // no bar over the page that says which switches it was started with
  '--test-type',
]
/** the application's switches that mean something to the browser; the rest are the application's own */
const passedOn = new Set(['disable-features', 'enable-features', 'force-color-profile', 'lang', 'force-device-scale-factor'])

/** A page target that was created for a window, attached and still paused. */
export interface AttachedPage {
  session: CdpSession
  target: Protocol.Target.TargetInfo
  resume: () => Promise<void>
}

export interface Browser {
  cdp: CdpConnection
  /** where Playwright connects */
  endpoint: string
  openPage(bounds: { x: number; y: number; width: number; height: number }, title: string): Promise<AttachedPage>
  /** stands in for the person's own browser: a window of its own, with a profile of its own, that the host does not drive */
  openSystemBrowser(url: string): void
}

let running: Browser | undefined
let browserProcess: ChildProcess | undefined

export function theBrowser(): Browser {
  if (!running) throw new Error('BrowserWindow cannot be used before the app is ready')
  return running
}

export async function startBrowser(options: { onPopup(page: AttachedPage): void; onTargetGone(targetId: string): void }): Promise<Browser> {
  const found = await findChromium({ headless: !headful })
  const profile = join(app.getPath('sessionData'), 'Chromium')
  mkdirSync(profile, { recursive: true })
  const parameters = browserParameters(found, profile)
  // the browser quits when the pipe closes, however the host ends, and it stays in the host's process group
  const child = spawn(
    found.executablePath,
    [...parameters, '--no-startup-window', '--remote-debugging-pipe', '--remote-debugging-port=0'],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    },
  )
  browserProcess = child
  app.closeBrowser = closeBrowser
  process.on('exit', () => child.kill('SIGKILL'))
  const endpoint = await devToolsEndpoint(child)
  const cdp = new CdpConnection(child.stdio[4] as Readable, child.stdio[3] as Writable)

  const expected: ((page: AttachedPage) => void)[] = []
  cdp.browser.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    const session = cdp.session(sessionId)
    const resume = async () => {
      await session.send('Runtime.runIfWaitingForDebugger').catch((error: unknown) => debug('resume', error))
    }
    debug('attached', targetInfo.type, targetInfo.url, targetInfo.openerId ?? '')
    if (targetInfo.type !== 'page') return void resume()
    const page: AttachedPage = { session, target: targetInfo, resume }
    const opened = targetInfo.openerId ? undefined : expected.shift()
    if (opened) opened(page)
    else options.onPopup(page)
  })
  cdp.browser.on('Target.targetDestroyed', ({ targetId }) => options.onTargetGone(targetId))
  await cdp.browser.send('Target.setDiscoverTargets', { discover: true })
  await cdp.browser.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true })

  running = {
    cdp,
    endpoint,
    async openPage(bounds, title) {
      const attached = new Promise<AttachedPage>((resolve) => expected.push(resolve))
      if (headful) {
        // an application window has no tabs and no address bar; only a second start of the same profile can ask for one
        const page = `--app=data:text/html,<title>${encodeURIComponent(title)}</title>`
        const place = [`--window-size=${bounds.width},${bounds.height}`, `--window-position=${bounds.x},${bounds.y}`]
        spawn(found.executablePath, [...parameters, page, ...place], { stdio: 'ignore' })
      } else {
        await cdp.browser.send('Target.createTarget', { url: 'about:blank', newWindow: true, width: bounds.width, height: bounds.height })
      }
      return attached
    },
    openSystemBrowser(url) {
      const own = ['--no-first-run', '--no-default-browser-check', `--user-data-dir=${join(app.getPath('sessionData'), 'SystemBrowser')}`]
      const person = spawn(found.executablePath, [...found.args, '--test-type', ...own, '--new-window', url], { stdio: 'ignore' })
      process.on('exit', () => person.kill())
    },
  }
  return running
}

function browserParameters(found: FoundChromium, profile: string): string[] {
  const fromApplication = [...applicationInfo.switches]
    .filter(([name]) => passedOn.has(name))
    .map(([name, value]) => (value ? `--${name}=${value}` : `--${name}`))
  return [...(headful ? [] : ['--headless']), ...quietSwitches, ...found.args, ...fromApplication, `--user-data-dir=${profile}`]
}

function devToolsEndpoint(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text = `${text}${chunk}`.slice(-20_000)
      // not in the same words: Playwright waits for the host's own line
      debug(chunk.replaceAll('DevTools listening', 'browser endpoint'))
      const found = /DevTools listening on (ws:\S+)/.exec(text)
      if (found?.[1]) resolve(found[1])
    })
    child.once('error', (cause) => reject(new Error('Chromium could not be started.', { cause })))
    child.once('exit', (code, signal) => reject(new Error(`Chromium ended at its start (${code ?? signal}):\n${text}`)))
  })
}

/** Waits for the browser's end, so that what it stores reaches the disk. */
async function closeBrowser(): Promise<void> {
  const child = browserProcess
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  running?.cdp.browser.send('Browser.close').catch((error: unknown) => debug('close', error))
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(timer)
}
