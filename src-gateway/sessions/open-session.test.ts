import { expect, test } from 'vitest'
import type { AgentLink } from '../agents/agent-link.ts'
import { connection, type EndReason } from '../../src-protocol/model.ts'
import { createSessionOpening, type SessionOpeningPorts } from './open-session.ts'

const person = { sub: 'mira', name: 'Mira', groups: [], roles: ['operator' as const] }
const signedIn = { person, signInId: 'sign-in', keyThumbprint: 'key', expiresAt: new Date('2026-11-22T17:00:00.000Z') }
const request = { connection: 'echo', reason: 'a test', minutes: 5 } as Parameters<ReturnType<typeof createSessionOpening>>[1]

/** `leaves`: the person signs out while the session is being written to the log. */
function openingWhere({ leaves }: { leaves: boolean }) {
  let connected = true
  const started: string[] = []
  const abandoned: EndReason[] = []
  const echo = connection.parse({
    name: 'echo',
    title: 'Echo',
    agent: { id: 'agt_AAAAAAAAAAAAAAAA', name: 'agent', online: true },
    server: 'echo',
    groups: [],
    maxMinutes: 60,
    createdAt: '2026-11-22T16:00:00.000Z',
  })
  const link = { startSession: async (session: string) => void started.push(session) } as unknown as AgentLink
  const ports = {
    store: { insert: async () => 1, logged: async () => {}, started: async () => {} },
    log: {
      origin: 'gateway',
      async append() {
        connected = !leaves
        return { index: 0 }
      },
    },
    recordings: { create: async () => ({ append: async () => 0 }) },
    policies: { inForce: () => ({ policy: { version: 'p' }, masking: { version: 'm' } }) },
    findConnection: async () => echo,
    access: { admit: () => ({ ok: true }), mayGoOn: () => true },
    agentOffers: async () => true,
    agentLink: () => link,
    isDesktopConnected: () => connected,
    onCallChanged() {},
    onChanged() {},
    clock: { now: () => new Date('2026-11-22T16:00:00.000Z') },
    gateway: 'https://gateway.example',
  } as unknown as SessionOpeningPorts
  const open = createSessionOpening({ ...ports, register() {}, abandon: async (_session, reason) => void abandoned.push(reason) })
  return { open: () => open(signedIn, request), started, abandoned }
}

test('a session of somebody who stays is started', async () => {
  const opening = openingWhere({ leaves: false })
  const { id } = await opening.open()
  expect(opening.started).toEqual([id])
})

test('a session whose person signed out while it was being opened ends, and no server is started for it', async () => {
  const opening = openingWhere({ leaves: true })
  await expect(opening.open()).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(opening).toMatchObject({ started: [], abandoned: ['desktop-disconnected'] })
})
