/** The hardening of the window, on the running application. Needs no gateway. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DesktopBridge } from '../../src-protocol/desktop-api.ts'
import { application, applicationPage, electronExecutable, launchDesktop, projectFolder, type LaunchedDesktop } from './launch.ts'

declare global {
  interface Window {
    gatehouse: DesktopBridge
  }
}

let desktop: LaunchedDesktop
const userData = mkdtempSync(join(tmpdir(), 'gatehouse-shell-'))

beforeAll(async () => {
  desktop = await launchDesktop({ userData })
  console.log(`running on: ${desktop.runtime}`)
})
afterAll(async () => {
  await desktop.close()
  rmSync(userData, { recursive: true, force: true })
})

/** A second start of the same application, as a click on a link makes it. */
async function startAgain(parameters: string[], env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  const sandbox = process.platform === 'linux' ? ['--no-sandbox'] : []
  const child = spawn(electronExecutable().path, [...sandbox, application, ...parameters], {
    cwd: projectFolder,
    env: { ...process.env, GATEHOUSE_USER_DATA: userData, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, output }
}

describe('what a page has', () => {
  test('the desktop is three functions, and frozen', async () => {
    const surface = await desktop.page.evaluate(() => ({
      keys: Object.getOwnPropertyNames(window.gatehouse).toSorted(),
      kinds: Object.values(window.gatehouse).map((value) => typeof value),
      frozen: Object.isFrozen(window.gatehouse),
      writable: Object.getOwnPropertyDescriptor(window, 'gatehouse')?.writable,
    }))
    expect(surface).toEqual({
      keys: ['invoke', 'openFiles', 'subscribe'],
      kinds: ['function', 'function', 'function'],
      frozen: true,
      writable: false,
    })
  })

  test('no Node, no Electron', async () => {
    const names = ['require', 'process', 'Buffer', 'module', 'global', 'ipcRenderer', 'electron', '__toMain', '__fromMain']
    expect(await desktop.page.evaluate((list) => list.filter((name) => name in window), names)).toEqual([])
  })

  test('a channel of the contract answers with a checked reply', async () => {
    const reply = await desktop.page.evaluate(() => window.gatehouse.invoke('state:get'))
    expect(reply).toMatchObject({ ok: true, value: { runtime: desktop.runtime, signIn: { state: 'signed-out' } } })
  })

  test.for(['state:get ', 'electron-store-get-data', '__proto__', 'constructor', ''])('the channel %j is refused', async (channel) => {
    const outcome = await desktop.page.evaluate(
      (name) =>
        window.gatehouse.invoke(name as 'state:get').then(
          () => 'answered',
          (error: unknown) => String(error),
        ),
      channel,
    )
    expect(outcome).toBe('Error: There is no such channel.')
  })

  test('an event that is not in the contract is refused', async () => {
    const outcome = await desktop.page.evaluate(() => {
      try {
        window.gatehouse.subscribe('anything' as 'state:changed', () => undefined)
        return 'subscribed'
      } catch (error) {
        return String(error)
      }
    })
    expect(outcome).toBe('Error: There is no such event.')
  })

  test('input that does not fit the contract is refused in main, with its place', async () => {
    const reply = await desktop.page.evaluate(() => window.gatehouse.invoke('preferences:set', { colorScheme: 'pink' as 'dark' }))
    expect(reply).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining('colorScheme') as string },
    })
  })

  test('a subscription delivers payloads without event objects, until it is cleaned up', async () => {
    const heard = await desktop.page.evaluate(async () => {
      const received: unknown[][] = []
      const stop = window.gatehouse.subscribe('state:changed', (...parameters: unknown[]) => received.push(parameters))
      await window.gatehouse.invoke('preferences:set', { colorScheme: 'dark' })
      await new Promise((resolve) => setTimeout(resolve, 200))
      const before = received.length
      stop()
      await window.gatehouse.invoke('preferences:set', { colorScheme: 'auto' })
      await new Promise((resolve) => setTimeout(resolve, 200))
      return { before, after: received.length, lengths: received.map((parameters) => parameters.length) }
    })
    expect(heard.before).toBeGreaterThan(0)
    expect(heard.after).toBe(heard.before)
    expect(new Set(heard.lengths)).toEqual(new Set([1]))
  })
})

describe('content security policy', () => {
  test('the application itself does not violate it', async () => {
    const violations: string[] = []
    desktop.page.on('console', (message) => {
      if (/Content Security Policy|violates/i.test(message.text())) violations.push(message.text())
    })
    await desktop.page.reload()
    await desktop.page.waitForFunction(() => (document.getElementById('root')?.childElementCount ?? 0) > 0)
    expect(violations).toEqual([])
    const nonce = await desktop.page.evaluate(() => document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content)
    expect(nonce).toMatch(/^[\w-]{22}$/)
  })

  test.for([
    ['eval', `eval('1')`],
    ['a function from text', `new Function('return 1')()`],
    ['a timer with text', `setTimeout('window.broken = 1')`],
  ] as const)('%s is blocked', async ([, expression]) => {
    // in a timer of the page: what a debugger evaluates is itself exempt from the policy
    const outcome = await desktop.page.evaluate<string>(
      `new Promise((resolve) => setTimeout(() => { try { ${expression}; resolve('ran') } catch (error) { resolve(error.name) } }))`,
    )
    expect(outcome).toMatch(/^(EvalError|ran)$/)
    expect(await violatedBy(expression)).toBe('script-src')
    expect(await desktop.page.evaluate(() => 'broken' in window)).toBe(false)
  })

  /** The directive that a script in the page runs into. */
  function violatedBy(script: string): Promise<string> {
    return desktop.page.evaluate<string>(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true })
      setTimeout(() => resolve('no violation'), 3000)
      setTimeout(() => { ${script} })
    })`)
  }

  test.for([
    ['fetch to the network', `fetch('https://example.com/').catch(() => 0)`, 'connect-src'],
    ['fetch to itself', `fetch('./index.html').catch(() => 0)`, 'connect-src'],
    ['a WebSocket', `try { new WebSocket('wss://example.com/') } catch {}`, 'connect-src'],
    ['a beacon', `navigator.sendBeacon('https://example.com/', 'x')`, 'connect-src'],
    ['an event source', `new EventSource('https://example.com/')`, 'connect-src'],
    [
      'an inline script',
      `const e = document.createElement('script'); e.textContent = 'window.broken = 1'; document.body.append(e)`,
      'script-src',
    ],
    [
      'an inline handler',
      `const e = document.createElement('div'); e.setAttribute('onclick', 'window.broken = 1'); document.body.append(e); e.click()`,
      'script-src',
    ],
    [
      'a script from elsewhere',
      `const e = document.createElement('script'); e.src = 'https://example.com/x.js'; document.body.append(e)`,
      'script-src',
    ],
    ['an image from elsewhere', `new Image().src = 'https://example.com/x.png'`, 'img-src'],
    [
      'a style element without the nonce',
      `const e = document.createElement('style'); e.textContent = 'a{}'; document.head.append(e)`,
      'style-src',
    ],
    ['a frame', `const e = document.createElement('iframe'); e.src = 'https://example.com/'; document.body.append(e)`, 'frame-src'],
    [
      'a form',
      `const e = document.createElement('form'); e.action = 'https://example.com/'; document.body.append(e); e.submit()`,
      'form-action',
    ],
    ['another base', `const e = document.createElement('base'); e.href = 'https://example.com/'; document.head.append(e)`, 'base-uri'],
    ['a worker from data', `try { new Worker('data:text/javascript,1') } catch {}`, 'worker-src'],
  ] as const)('%s is blocked', async ([, script, directive]) => {
    expect(await violatedBy(script)).toMatch(new RegExp(`^${directive}`))
    expect(await desktop.page.evaluate(() => 'broken' in window)).toBe(false)
  })
})

describe('files of the application', () => {
  const loads = (source: string) =>
    desktop.page.evaluate(
      (address) =>
        new Promise<boolean>((resolve) => {
          const link = document.createElement('link')
          link.rel = 'stylesheet'
          link.addEventListener('load', () => resolve(true))
          link.addEventListener('error', () => resolve(false))
          link.href = address
          document.head.append(link)
        }),
      source,
    )

  test('its own style sheet is served', async () => {
    const own = await desktop.page.evaluate(() => document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]')?.href ?? '')
    expect(await loads(own)).toBe(true)
    expect(await loads(own.replace('/assets/', '/assets/../assets/'))).toBe(true)
  })

  test.for([
    (own: string) => own.replace('/assets/', '/%2e%2e/renderer/assets/'),
    (own: string) => own.replace('/assets/', '/assets%2f..%2fassets%2f'),
    (own: string) => own.replace('/assets/', '/assets%2f'),
    (own: string) => own.replace('/assets/', '/assets%5c'),
    (own: string) => own.replace('.css', '.css%00'),
    (own: string) => own.replace('.css', '%2ecss'),
    (own: string) => own.replace('gatehouse', 'other'),
    (own: string) => own.replace('/assets/', '//assets/'),
  ])('the same file by another way is not: %s', async (detour) => {
    const own = await desktop.page.evaluate(() => document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]')?.href ?? '')
    expect(await loads(detour(own))).toBe(false)
  })
})

describe('permissions', () => {
  test.for(['notifications', 'geolocation', 'camera', 'microphone', 'clipboard-read', 'midi'])('%s is denied', async (name) => {
    const state = await desktop.page.evaluate(
      (permission) => navigator.permissions.query({ name: permission as 'midi' }).then((status) => status.state),
      name,
    )
    expect(state).toBe('denied')
  })

  test('the screen cannot be captured', async () => {
    const outcome = await desktop.page.evaluate(() =>
      navigator.mediaDevices.getDisplayMedia().then(
        () => 'captured',
        (error: unknown) => (error instanceof Error ? error.name : 'refused'),
      ),
    )
    expect(outcome).not.toBe('captured')
  })
})

describe('navigation', () => {
  const windows = () => desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)

  test.for([
    ['location', `location.href = 'https://example.com/'`],
    ['location.replace', `location.replace('https://example.com/')`],
    ['a link', `const a = document.createElement('a'); a.href = 'https://example.com/'; document.body.append(a); a.click()`],
    ['a link to a file', `const a = document.createElement('a'); a.href = 'file:///etc/passwd'; document.body.append(a); a.click()`],
    ['a data page', `location.href = 'data:text/html,x'`],
    ['another page of our own origin', `location.href = '/assets/'`],
    [
      'a link to a new window',
      `const a = document.createElement('a'); a.href = 'https://example.com/'; a.target = '_blank'; document.body.append(a); a.click()`,
    ],
    ['window.open', `window.open('https://example.com/')`],
    ['window.open of ourselves', `window.open('/')`],
  ] as const)('%s leads nowhere', async ([, script]) => {
    const before = desktop.page.url()
    await desktop.page.evaluate(`window.stayed = true; setTimeout(() => { ${script} })`)
    await desktop.page.waitForTimeout(400)
    expect(desktop.page.url()).toBe(before)
    expect(await desktop.page.evaluate(() => 'stayed' in window)).toBe(true)
    await expect.poll(windows).toBe(1)
  })

  test('nothing of this opened the system browser', async () => {
    if (desktop.runtime === 'electron') return
    const opened = await desktop.app.evaluate(() => (Reflect.get(globalThis, '__gatehouseHost') as { openExternal: string[] }).openExternal)
    expect(opened).toEqual([])
  })
})

describe('instances and links', () => {
  const page = () => desktop.page.evaluate(() => location.hash)

  test('a second start shows the page of its link, and ends', async () => {
    const { code } = await startAgain(['gatehouse://recordings'])
    expect(code).toBe(0)
    await expect.poll(page).toBe('#/recordings')
  })

  test.for([
    'gatehouse://recordings/../settings',
    'gatehouse://settings',
    'gatehouse://inbox/apr_x',
    `gatehouse://inbox/${'a'.repeat(5000)}`,
  ])('the link %s changes nothing', async (link) => {
    const before = await page()
    expect((await startAgain([link])).code).toBe(0)
    await desktop.page.waitForTimeout(200)
    expect(await page()).toBe(before)
  })

  test('a folder or profile that cannot be used is refused at the start', async () => {
    expect((await startAgain([], { GATEHOUSE_USER_DATA: '' })).code).toBe(1)
  })
})

describe('switches', () => {
  test.for([
    ['a switch that turns certificate checks off', ['--ignore-certificate-errors'], {}],
    ['an environment that turns certificate checks off', [], { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
  ] as const)('it does not start with %s', async ([, parameters, env]) => {
    const own = mkdtempSync(join(tmpdir(), 'gatehouse-switches-'))
    expect((await startAgain([...parameters], { ...env, GATEHOUSE_USER_DATA: own })).code).toBe(1)
    rmSync(own, { recursive: true, force: true })
  })
})

describe('the hardening report', () => {
  test('is printed by the application itself, from the code that is in force', async () => {
    const { code, output } = await startAgain(['--hardening-report'])
    expect(code).toBe(0)
    const report = JSON.parse(output) as Record<string, Record<string, unknown>>
    expect(report).toMatchObject({
      application: { runtime: desktop.runtime },
      window: { appEnableSandbox: true, sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false },
      permissions: { request: 'deny', check: 'deny', device: 'deny', displayMedia: 'deny' },
      contentSecurityPolicy: expect.stringContaining("default-src 'none'; script-src 'self'") as string,
    })
    const outcomes = Object.values(report['attempts'] ?? {}).flatMap((tries) => Object.values(tries as Record<string, string>))
    expect(outcomes.length).toBeGreaterThan(10)
    expect(outcomes.filter((outcome) => !outcome.startsWith('deny'))).toEqual([])
  })
})

describe('what stays on the disk', () => {
  test('preferences and the place of the window survive a restart, and hold nothing else', async () => {
    await desktop.page.evaluate(() => window.gatehouse.invoke('preferences:set', { colorScheme: 'dark' }))
    await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 10, y: 20, width: 1400, height: 900 }),
    )
    await desktop.close()
    const file = JSON.parse(readFileSync(join(userData, 'preferences.json'), 'utf8')) as Record<string, unknown>
    expect(Object.keys(file).toSorted()).toEqual(['colorScheme', 'gatewayUrl', 'libraryGigabytes', 'notifications', 'window'])

    desktop = await launchDesktop({ userData })
    expect(desktop.page.url()).toMatch(applicationPage)
    const [bounds, scheme] = await Promise.all([
      desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds()),
      desktop.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource),
    ])
    expect(bounds).toMatchObject({ width: 1400, height: 900 })
    expect(scheme).toBe('dark')
  })
})
