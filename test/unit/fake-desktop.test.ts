import { expect, test } from 'vitest'
import { desktopContract, type DesktopChannel } from '../../src-protocol/desktop-api.ts'
import { createFakeDesktop } from '../fakes/fake-desktop.ts'
import { people } from '../fakes/fake-people.ts'
import { liveSession, heldApproval } from '../fakes/fake-sessions.ts'
import { scenarios, type Scenario } from '../fakes/fake-scenario.ts'

const now = Date.parse('2026-11-22T13:19:39.000Z')

/** What is asked on the channels that need something. */
const inputs: Partial<Record<DesktopChannel, unknown>> = {
  'sessions:get': liveSession,
  'sessions:client-setup': liveSession,
  'tester:list-tools': liveSession,
  'approvals:get': heldApproval,
  'people:reach': 'u-1042',
  'library:list': {},
}
const channels: DesktopChannel[] = [
  'state:get',
  'connections:list',
  'agents:list',
  'sessions:list',
  'sessions:get',
  'sessions:client-setup',
  'tester:list-tools',
  'approvals:list',
  'approvals:get',
  'access:standings',
  'access:overview',
  'access:rules',
  'people:list',
  'people:reach',
  'policies:list',
  'library:list',
]
const cases = (['full', 'too-much', 'empty', 'signed-out', 'alarm'] satisfies Scenario[]).flatMap((scenario) =>
  channels
    .filter((channel) => scenario !== 'empty' || !channel.endsWith(':get') || channel === 'state:get')
    .map((channel) => [scenario, channel] as const),
)

test.for(cases)('in the scenario %s, what the double answers on %s keeps the contract', async ([scenario, channel]) => {
  const desktop = createFakeDesktop({ scenario, person: people.jonas, now })
  const reply = await desktop.invoke(channel as 'sessions:get', inputs[channel] as string)
  if (!reply.ok) throw new Error(reply.error.message)
  expect(desktopContract[channel].output.safeParse(reply.value).error).toBeUndefined()
})

test('offline, what needs the gateway fails as main would say it, and the library still answers', async () => {
  const desktop = createFakeDesktop({ scenario: 'offline', person: people.mira, now })
  expect(await desktop.invoke('sessions:list')).toMatchObject({ ok: false, error: { code: 'GATEWAY_UNREACHABLE' } })
  expect(await desktop.invoke('library:list', {})).toMatchObject({ ok: true })
})

test('a vote on another digest than the one that was shown is refused', async () => {
  const desktop = createFakeDesktop({ scenario: 'full', person: people.jonas, now })
  const vote = { approval: heldApproval, decision: 'approve', reason: 'seen' } as const
  expect(await desktop.invoke('approvals:vote', { ...vote, digest: '0'.repeat(64) })).toMatchObject({
    ok: false,
    error: { code: 'APPROVAL_VOID' },
  })
  const shown = await desktop.invoke('approvals:get', heldApproval)
  if (!shown.ok) throw new Error(shown.error.message)
  expect(await desktop.invoke('approvals:vote', { ...vote, digest: shown.value.digest })).toMatchObject({
    ok: true,
    value: { state: 'approved' },
  })
})

test('every scenario has a name of its own', () => {
  expect(new Set(scenarios).size).toBe(scenarios.length)
})
