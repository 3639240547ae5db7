/**
 * A request on one desktop, its notification on another, over a real gateway, agent, MCP server and D-Bus session.
 * Needs `dbus-daemon`; without it this is skipped, and says so.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DesktopArguments, DesktopChannel, DesktopOutput } from '../../src-protocol/desktop-api.ts'
import type { Approval } from '../../src-protocol/model.ts'
import { startServices } from '../../demo/supervisor/services.ts'
import { signInByFetch } from '../integration/sign-in-by-fetch.ts'
import { startNotificationDaemon } from '../dbus/notification-daemon.ts'
import { findBusDaemon, startPrivateBus } from '../dbus/private-bus.ts'
import { launchDesktop, projectFolder, type LaunchedDesktop } from './launch.ts'

const busDaemon = findBusDaemon()
if (busDaemon === undefined) console.warn('Not run: there is no dbus-daemon on this machine (Debian: apt-get install dbus).')

async function invoke<C extends DesktopChannel>(
  desktop: LaunchedDesktop,
  channel: C,
  ...input: DesktopArguments<C>
): Promise<DesktopOutput<C>> {
  // one channel stands for all: which one it is and what it takes was checked above
  const reply: { ok: true; value: unknown } | { ok: false; error: { code: string; message: string } } = await desktop.page.evaluate(
    ([name, value]) => window.gatehouse.invoke(name as 'clipboard:write', value as string),
    [channel, input[0]] as const,
  )
  if (!reply.ok) throw new Error(`${channel}: ${reply.error.code} ${reply.error.message}`)
  return reply.value as DesktopOutput<C>
}

/** Signs in as the demo's account of that name, with a browser that is only fetch. */
async function signIn(desktop: LaunchedDesktop, username: string): Promise<void> {
  const signedIn = invoke(desktop, 'identity:sign-in')
  const waitingUrl = async () => {
    const { signIn: current } = await invoke(desktop, 'state:get')
    return current.state === 'waiting' ? current.url : ''
  }
  await expect.poll(waitingUrl, { timeout: 20_000 }).toMatch(/^http/)
  await signInByFetch(await waitingUrl(), { username })
  await signedIn
  await expect.poll(async () => (await invoke(desktop, 'state:get')).signIn.state).toBe('signed-in')
}

test.skipIf(busDaemon === undefined)(
  'a reviewer is told, opens the request from the button, and it is withdrawn once decided',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-notify-'))
    const services = await startServices({
      root: projectFolder,
      data: join(folder, 'demo'),
      reset: false,
      anyPorts: true,
      progress: () => undefined,
    })
    const bus = await startPrivateBus(busDaemon ?? '')
    const daemon = await startNotificationDaemon({ address: bus.address, capabilities: ['body', 'actions'] })
    const env = { GATEHOUSE_GATEWAY_URL: services.gatewayUrl }
    const [operator, reviewer] = await Promise.all([
      launchDesktop({ env: { ...env, DBUS_SESSION_BUS_ADDRESS: bus.address } }),
      launchDesktop({ env: { ...env, DBUS_SESSION_BUS_ADDRESS: bus.address } }),
    ])
    try {
      await signIn(operator, 'operator')
      await signIn(reviewer, 'reviewer')

      const session = await invoke(operator, 'sessions:open', {
        connection: 'scratch-files',
        reason: 'Month-end notes',
        minutes: 30,
      })
      const secret = 'text-that-belongs-on-no-lock-screen'
      const writeNote = async (path: string) =>
        JSON.stringify(
          await invoke(operator, 'tester:call', { session: session.id, tool: 'write_file', arguments: { path, content: secret } }),
        )
      const decide = (approval: Approval | undefined, reason: string) =>
        invoke(reviewer, 'approvals:vote', { approval: approval?.id as never, decision: 'deny', reason, digest: approval?.digest ?? '' })
      const pending = async () => (await invoke(reviewer, 'approvals:list')).filter(({ state }) => state === 'pending')

      // pressed: it opens that request, and nothing is decided by that
      const first = writeNote('first.txt')
      await expect.poll(() => daemon.received.length, { timeout: 30_000 }).toBe(1)
      expect(daemon.received[0]).toMatchObject({ application: 'Gatehouse', summary: 'Approval needed: scratch-files' })
      expect(daemon.received[0]?.body).toMatch(/ asks to run write_file\.$/)
      const [opened] = await pending()
      daemon.press(daemon.received[0]?.id ?? 0, 'deny')
      await expect.poll(() => reviewer.page.evaluate(() => location.hash)).toBe(`#/inbox/${opened?.id}`)
      expect(await pending()).toHaveLength(1)
      await decide(opened, 'Not tonight.')
      expect(await first).toContain('Not tonight')

      // not pressed: it goes when the request is decided
      const second = writeNote('second.txt')
      await expect.poll(() => daemon.received.length, { timeout: 30_000 }).toBe(2)
      expect(daemon.closed).toEqual([])
      await decide((await pending())[0], 'Nor tomorrow.')
      expect(await second).toContain('Nor tomorrow')
      await expect.poll(() => daemon.closed).toEqual([daemon.received[1]?.id])

      // the requester was not told, and no argument or reason left the window
      expect(daemon.received).toHaveLength(2)
      expect(JSON.stringify(daemon.received)).not.toMatch(new RegExp(`${secret}|Month-end`))
    } finally {
      await Promise.all([operator.close(), reviewer.close()])
      daemon.stop()
      await bus.stop()
      await services.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
