/** The host's own promises: what it starts ends with it, and it says what it is. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { application, electronExecutable, launchDesktop, projectFolder } from './launch.ts'

const isHost = electronExecutable().runtime === 'host'
const hasProc = process.platform === 'linux'

/** Processes whose command line names a folder. */
function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text)
      } catch {
        return false
      }
    })
    .map(Number)
}

describe.runIf(isHost)('the host', () => {
  test('says that it is not Electron', async () => {
    const desktop = await launchDesktop()
    const versions = await desktop.app.evaluate(() => process.versions)
    expect(versions).toHaveProperty('gatehouse-host')
    expect(await desktop.page.evaluate(() => window.gatehouse.invoke('state:get'))).toMatchObject({ value: { runtime: 'host' } })
    await desktop.close()
  })

  test.runIf(hasProc)('ends with everything it started when the application quits', async () => {
    const desktop = await launchDesktop()
    expect(processesWith(desktop.userData).length).toBeGreaterThan(0)
    await desktop.close()
    await expect.poll(() => processesWith(desktop.userData)).toEqual([])
  })

  test.runIf(hasProc)('leaves nothing behind when it is killed', async () => {
    const desktop = await launchDesktop()
    const ended = once(desktop.app.process(), 'exit')
    desktop.app.process().kill('SIGKILL')
    await ended
    await expect.poll(() => processesWith(desktop.userData), { timeout: 10_000 }).toEqual([])
    rmSync(desktop.userData, { recursive: true, force: true })
  })

  test('a window on a display needs an installed browser, and says so', async () => {
    const userData = mkdtempSync(join(tmpdir(), 'gatehouse-headful-'))
    const child = spawn(electronExecutable().path, [application], {
      cwd: projectFolder,
      env: { ...process.env, GATEHOUSE_USER_DATA: userData, GATEHOUSE_HOST_HEADFUL: '1', GATEHOUSE_CHROMIUM: '/nonexistent' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let text = ''
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await once(child, 'close')
    expect(child.exitCode).toBe(1)
    expect(text).toContain('GATEHOUSE_CHROMIUM names /nonexistent')
    rmSync(userData, { recursive: true, force: true })
  })

  test('without a network main reaches nothing; with it, it does', async () => {
    const server = createServer((_request, response) => response.end('here')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const desktop = await launchDesktop({ env: { GATEHOUSE_HOST_OFFLINE: '1' } })
    const reach = (offline: boolean) =>
      desktop.app.evaluate(
        (_electron, given) => {
          Object.assign(Reflect.get(globalThis, '__gatehouseHost') as object, { offline: given.offline })
          return fetch(given.address).then(
            (response) => response.text(),
            (error: unknown) => String((error as { cause?: { code?: string } }).cause?.code),
          )
        },
        { offline, address },
      )
    expect([await reach(true), await reach(false)]).toEqual(['ENETUNREACH', 'here'])
    await desktop.close()
    server.close()
  })
})
