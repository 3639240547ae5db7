/** `gatehouse connect` where a rule guards the connection: it asks, waits, and goes on or says why not. */
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { runConnect } from '../../src-cli/commands/connect.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import { decideAccess, useAccessWorld } from './access-harness.ts'
import { until } from './gateway-harness.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'

const world = useAccessWorld()

/** Runs the command as Mira; `ready` resolves with its line of JSON. */
function connect(connection: ConnectionName, more: { askForAccess?: boolean; ticket?: string } = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const stop = new AbortController()
  const code = runConnect({
    gateway: world.url,
    connection,
    reason: 'INC-4127: refunds are stuck',
    minutes: 20,
    openBrowser: openBrowserAs({ username: 'mira' }),
    log: pino({ level: 'silent' }),
    stdout,
    stderr,
    signal: stop.signal,
    ...more,
  }).finally(() => [stdout, stderr].forEach((stream) => stream.end()))
  const told = text(stderr)
  const ready = new Promise<{ session: string }>((resolve) =>
    stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as never)),
  )
  return { code, told, ready, stop: () => stop.abort() }
}

const waitingOn = async (name: ConnectionName) => {
  const { api } = await world.as('jonas')
  const find = async () => (await api.call('access')).requests.find(({ connection, state }) => connection === name && state === 'pending')
  await until(async () => (await find()) !== undefined, 'access is asked for')
  const request = await find()
  if (!request) throw new Error('the request is gone')
  return request
}

test('asks for access, waits for the reviewer, and opens the session under it', async () => {
  const name = await world.connection('by-command')
  await world.rule(name, { ticketRequired: true })
  const { code, told, ready, stop } = connect(name, { askForAccess: true, ticket: 'INC-4127' })
  const request = await waitingOn(name)
  expect(request).toMatchObject({ ticket: 'INC-4127', minutes: 20 })
  const granted = await decideAccess(await world.as('jonas'), request, 'approve')
  const { session } = await ready
  stop()
  expect(await code).toBe(0)
  expect(await told).toContain('a reviewer in dba decides.\nAccess is granted by Jonas Lindqvist.')
  const opened = (await world.entries()).find((entry) => entry.kind === 'session.open' && entry.session === session)
  expect(opened).toMatchObject({ grant: granted.grant })
})

test('says why there is no session: not asked, denied, or no rule for this person', async () => {
  const name = await world.connection('not-by-command')
  await world.rule(name)
  await expect(connect(name).code).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
  const asking = connect(name, { askForAccess: true })
  // whoever runs the command is told by its rejection
  asking.code.catch(() => {})
  await decideAccess(await world.as('jonas'), await waitingOn(name), 'deny')
  await expect(asking.code).rejects.toMatchObject({
    code: 'ACCESS_NEEDED',
    message: expect.stringContaining('it was denied by Jonas Lindqvist: agreed in the incident channel'),
  })
  const other = await world.connection('not-for-her')
  await world.rule(other, { groups: ['billing'] })
  await expect(connect(other, { askForAccess: true }).code).rejects.toMatchObject({
    message: expect.stringContaining('for the groups billing'),
  })
})
