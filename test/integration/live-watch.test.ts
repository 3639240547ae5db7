/** Watching a running session and ending it, with the real gateway: who may, what they see, who is told, what stands in the evidence. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Session } from '../../src-protocol/model.ts'
import { sessionRecord, type SessionRecord } from '../../src-protocol/recording.ts'
import { missedRecords, watchEvent, type MissedRecords } from '../../src-protocol/watch.ts'
import { readLogEntries } from '../fixtures/read-log-entries.ts'
import {
  exchange,
  openEcho,
  registerEcho,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

const accounts = {
  admin: ['Priya Raman', 'gatehouse-admins'],
  operator: ['Mira Okafor', 'operators'],
  auditor: ['Helene Brandt', 'audit'],
  inspector: ['Noor Haddad', 'audit'],
  dba: ['Jonas Lindqvist', 'reviewers', 'dba'],
  outsider: ['Ada Novak', 'reviewers'],
} as const
const accountList = (changed: Partial<Record<keyof typeof accounts, string[]>> = {}) =>
  Object.entries(accounts).map(([user, [name, ...groups]]) => ({
    user,
    name,
    email: `${user}@example.com`,
    groups: changed[user as keyof typeof accounts] ?? groups,
  }))

let folder: string
let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>> | undefined
let gateway: TestGateway
let people: Record<keyof typeof accounts, SignedInPerson>
let operator: SignedInPerson
let auditor: SignedInPerson

/** The provider with these accounts; started again it keeps its address, keys and sessions. */
async function startProvider(list: object[]): Promise<string> {
  const port = provider === undefined ? 0 : Number(new URL(provider.issuer).port)
  const config = join(folder, 'provider.yaml')
  const whole = {
    port,
    gatewayRedirect: 'http://127.0.0.1/sign-in/callback',
    clientSecret: 'env:DEMO_CLIENT_SECRET',
    data: folder,
    accounts: list,
  }
  await writeFile(config, JSON.stringify(whole))
  await provider?.stop()
  provider = await startIdentityProviderProcess({ config })
  return provider.issuer
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-watch-'))
  gateway = await startTestGateway(await startProvider(accountList()), { holdSeconds: 1 })
  const signedIn: Partial<typeof people> = {}
  for (const user of Object.keys(accounts) as (keyof typeof accounts)[]) signedIn[user] = await signInAs(gateway.url, user)
  people = signedIn as typeof people
  ;({ operator, auditor } = people)
  const { identity } = await registerEcho(gateway.url, people.admin)
  await people.admin.api.call('createConnection', {
    name: 'shared',
    title: 'Shared',
    agent: identity.id,
    server: 'echo',
    groups: [],
    maxMinutes: 60,
  })
})
afterAll(async () => {
  for (const person of Object.values(people)) person.leave()
  await gateway.close()
  await provider?.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Watching {
  records: SessionRecord[]
  missed: MissedRecords[]
  begun: boolean
  over?: AppError | 'end'
  leave(): void
}

/** @param slow resolves when it takes the next message */
function watch({ tunnel }: Pick<SignedInPerson, 'tunnel'>, session: SessionId, slow?: () => Promise<void>): Watching {
  const seen: Watching = { records: [], missed: [], begun: false, leave: () => {} }
  seen.leave = tunnel.watch(
    { watch: session },
    {
      head: () => void (seen.begun = true),
      message(head, body) {
        const text = Buffer.from(body).toString('utf8')
        if (head.event === watchEvent.missed) seen.missed.push(missedRecords.parse(JSON.parse(text)))
        else for (const line of text.trimEnd().split('\n')) seen.records.push(sessionRecord.parse(JSON.parse(line)))
        return slow?.()
      },
      keepAlive: () => {},
      end: () => void (seen.over = 'end'),
      abort: (error) => void (seen.over = error),
    },
  )
  return seen
}

const say = (session: Session, text: string) => exchange(operator, session.id, toolCall('echo', { text })).done
const refusal = async (person: SignedInPerson, session: SessionId): Promise<unknown> => {
  const refused = watch(person, session)
  await until(() => refused.over !== undefined, 'it is refused')
  expect(refused.begun).toBe(false)
  expect(refused.records).toEqual([])
  return refused.over
}
const sessionNow = async (person: SignedInPerson, id: SessionId) => (await person.api.call('session', { id })).session
const recordingOf = async (id: SessionId): Promise<string> => {
  let text = ''
  await until(async () => {
    text = await auditor.api.call('recording', { id }).then(
      (found) => found.text,
      () => '',
    )
    return text !== ''
  }, 'the recording is sealed')
  return text
}
const logEntries = (): Promise<LogEntry[]> => readLogEntries(join(gateway.root, 'log'))

test('an auditor sees each record as it was recorded, masked; the operator is told, and both stand in the evidence', async () => {
  const session = await openEcho(operator)
  await say(session, 'before')
  // looking at somebody's calls is watching: nobody does it unseen
  expect((await auditor.api.call('session', { id: session.id })).calls).toEqual([])
  expect((await operator.api.call('session', { id: session.id })).calls).toHaveLength(1)
  const seen = watch(auditor, session.id)
  await until(() => seen.records.some(({ kind }) => kind === 'live-watch'), 'the watch began')
  await until(async () => (await sessionNow(operator, session.id)).watchers?.[0]?.name === 'Helene Brandt', 'the operator is told')
  await until(
    () => operator.pushes.some((push) => push.type === 'session' && push.session.id === session.id && push.session.watchers?.length === 1),
    'the operator is told at once',
  )
  await say(session, 'card 4111111111111111')
  await until(() => seen.records.some((record) => record.kind === 'response' && record.masks.length > 0), 'the masked answer is seen')
  expect(JSON.stringify(seen.records)).toContain('before')
  expect(JSON.stringify(seen.records)).not.toContain('4111111111111111')
  seen.leave()
  await until(async () => (await sessionNow(operator, session.id)).watchers === undefined, 'nobody watches any more')
  await say(session, 'unseen')
  await operator.api.call('endSession', { id: session.id })
  const text = await recordingOf(session.id)
  // what was seen is what was recorded, line for line
  const lines = text.trimEnd().split('\n')
  expect(seen.records.map((record) => record.seq)).toEqual(seen.records.map((_, index) => index))
  expect(seen.records).toEqual(lines.slice(0, seen.records.length).map((line) => sessionRecord.parse(JSON.parse(line))))
  const watched = lines.map((line) => JSON.parse(line) as SessionRecord).filter((record) => record.kind === 'live-watch')
  expect(watched.map(({ event, by }) => `${event} ${by.name}`)).toEqual(['began Helene Brandt', 'ended Helene Brandt'])
  expect(JSON.stringify(seen.records)).not.toContain('unseen')
})

test('who sees a session to its end gets its last record', async () => {
  const session = await openEcho(operator)
  const seen = watch(people.admin, session.id)
  await until(() => seen.begun, 'the watch began')
  await say(session, 'one')
  await operator.api.call('endSession', { id: session.id })
  await until(() => seen.over !== undefined, 'the watch is over')
  expect(seen.over).toBe('end')
  expect(seen.records.at(-1)).toMatchObject({ kind: 'close', endReason: 'ended-by-operator' })
  expect(seen.missed).toEqual([])
})

test('operators watch nobody, and nobody watches themselves; a reviewer watches where policy asks their groups', async () => {
  const session = await openEcho(operator)
  const own = await people.dba.api.call('openSession', { connection: 'shared', reason: 'of the DBA', minutes: 5 })
  expect(await refusal(operator, own.id)).toMatchObject({ code: 'SESSION_UNKNOWN' })
  expect(await refusal(people.dba, own.id)).toMatchObject({ code: 'FORBIDDEN' })
  expect(await refusal(auditor, 'ses_AAAAAAAAAAAAAAAA' as SessionId)).toMatchObject({ code: 'SESSION_UNKNOWN' })
  // no rule asks a group of hers
  expect(await refusal(people.outsider, session.id)).toMatchObject({ code: 'SESSION_UNKNOWN' })
  const seen = watch(people.dba, session.id)
  await until(() => seen.records.length > 0, 'a DBA is asked about calls there, and may watch')
  seen.leave()
  await operator.api.call('endSession', { id: session.id })
  expect(await refusal(auditor, session.id)).toMatchObject({ code: 'SESSION_ENDED' })
  await people.dba.api.call('endSession', { id: own.id })
})

test('whoever ends the session of somebody else says why; it stands in the log, the recording, and before the operator', async () => {
  const session = await openEcho(operator)
  const seen = watch(people.dba, session.id)
  await until(() => seen.begun, 'the watch began')
  const { api } = people.dba
  await expect(api.call('endSession', { id: session.id })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  await expect(auditor.api.call('endSession', { id: session.id, reason: 'auditors look on' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect((await sessionNow(operator, session.id)).state).toBe('live')
  const reason = 'Not what the ticket says'
  expect(await api.call('endSession', { id: session.id, reason })).toMatchObject({ state: 'ended', endReason: 'ended-by-reviewer' })
  await until(() => seen.over !== undefined, 'the watch is over')
  expect(seen.records.at(-1)).toMatchObject({ kind: 'close', by: { name: 'Jonas Lindqvist' }, because: reason })
  expect(await sessionNow(operator, session.id)).toMatchObject({ endedBy: { name: 'Jonas Lindqvist', reason } })
  await until(
    () =>
      operator.pushes.some((push) => push.type === 'session' && push.session.id === session.id && push.session.endedBy?.reason === reason),
    'the operator is told',
  )
  const entriesOfIt = async () => (await logEntries()).filter((entry) => 'session' in entry && entry.session === session.id)
  // the end of the watch is logged after the watcher has seen it
  await expect
    .poll(async () => {
      const kinds = (await entriesOfIt()).map((entry) => (entry.kind === 'session.watch' ? `watch ${entry.event}` : entry.kind))
      return kinds.filter((kind) => kind !== 'tool.pinned' && kind !== 'session.checkpoint')
    })
    .toEqual(['session.open', 'watch began', 'session.ended-by', 'session.close', 'watch ended'])
  expect((await entriesOfIt()).find(({ kind }) => kind === 'session.ended-by')).toMatchObject({ reason })
  // what is listed of ended sessions is what was stored
  await recordingOf(session.id)
  const listed = (await operator.api.call('sessions', {})).sessions.find(({ id }) => id === session.id)
  expect(listed).toMatchObject({ state: 'ended', endedBy: { name: 'Jonas Lindqvist', reason } })
})

test('a slow watcher does not slow the session, and is told exactly what it missed', async () => {
  const session = await openEcho(operator)
  const { promise: read, resolve: goOn } = Promise.withResolvers<void>()
  const seen = watch(auditor, session.id, () => read)
  await until(() => seen.records.length > 0, 'the first message came')
  // far more than the watcher is sent ahead, and than it may be behind
  const text = 'x'.repeat(60_000)
  for (let call = 0; call < 40; call += 1) await say(session, text)
  expect(seen.records.length).toBeLessThan(20)
  goOn()
  await operator.api.call('endSession', { id: session.id })
  await until(() => seen.over !== undefined, 'the watch is over')
  expect(seen.missed.length).toBeGreaterThan(0)
  const lines = (await recordingOf(session.id)).trimEnd().split('\n')
  const known = new Set(seen.records.map(({ seq }) => seq))
  for (const { from, to, why } of seen.missed) {
    expect(why).toBe('behind')
    for (let seq = from; seq <= to; seq += 1) expect(known.has(seq)).toBe(false)
  }
  const missed = seen.missed.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  expect(known.size + missed).toBe(lines.length)
  expect(seen.records.at(-1)?.kind).toBe('close')
})

test('a record that is too large to be shown live is named, and what follows is shown', async () => {
  const session = await openEcho(operator)
  const seen = watch(auditor, session.id)
  await until(() => seen.begun, 'the watch began')
  await say(session, 'y'.repeat(400_000))
  await say(session, 'after')
  await until(() => JSON.stringify(seen.records).includes('after'), 'what follows is seen')
  expect(seen.missed[0]).toMatchObject({ why: 'large' })
  expect(JSON.stringify(seen.records)).not.toContain('yyyyyyyy')
  seen.leave()
  await operator.api.call('endSession', { id: session.id })
})

test('whoever loses the role loses the watch at that moment, and the operator sees that', async () => {
  const session = await openEcho(operator)
  const seen = watch(people.inspector, session.id)
  await until(() => seen.begun, 'the watch began')
  await startProvider(accountList({ inspector: ['nothing'] }))
  await people.inspector.identity.recheck()
  await until(() => seen.over !== undefined, 'the watch is cut')
  expect(seen.over).toMatchObject({ code: 'FORBIDDEN' })
  expect((await sessionNow(operator, session.id)).watchers).toBeUndefined()
  const before = seen.records.length
  await say(session, 'unseen')
  expect(seen.records.length).toBe(before)
  expect(await refusal(people.inspector, session.id)).toMatchObject({ code: 'SESSION_UNKNOWN' })
  await operator.api.call('endSession', { id: session.id })
})

test('whoever signs out is a watcher no more', async () => {
  const session = await openEcho(operator)
  const leaving = await signInAs(gateway.url, 'auditor')
  const seen = watch(leaving, session.id)
  await until(() => seen.begun, 'the watch began')
  await leaving.identity.signOut()
  await until(async () => (await sessionNow(operator, session.id)).watchers === undefined, 'nobody watches any more')
  expect(seen.over).not.toBe('end')
  leaving.leave()
  await operator.api.call('endSession', { id: session.id })
})
