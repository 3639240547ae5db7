/** The way of a cosignature: a gateway, `gatehouse witness` and a desktop's watch over the log, each as it runs, over their sockets. */
import { generateKeyPairSync } from 'node:crypto'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWitness, type RunningWitness } from '../../src-cli/commands/witness.ts'
import { formatWitnessKey, witnessKeyOf } from '../../src-core/log/cosignature.ts'
import { createCheckpointWatch, type CheckpointWatch } from '../../src-main/services/desktop/checkpoint-watch.ts'
import type { GatewayApi } from '../../src-main/services/gateway-api.ts'
import { createKnownWitnesses } from '../../src-main/services/library/known-witnesses.ts'
import { openLibraryDatabase } from '../../src-main/services/library/library-database.ts'
import { createPinnedCheckpoints } from '../../src-main/services/library/pinned-checkpoints.ts'
import { signInAs, startIdentityProviderProcess, startTestGateway, type TestGateway } from './gateway-harness.ts'

const silent = pino({ level: 'silent' })
const database = openLibraryDatabase(':memory:')
const missing = formatWitnessKey(witnessKeyOf('witness.example/missing', generateKeyPairSync('ed25519').privateKey))

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let witness: RunningWitness
let told: string[]
let now = Date.now()
const clock = { now: () => new Date(now) }
const pins = createPinnedCheckpoints(database, clock)
const known = createKnownWitnesses(database, pins, clock)

const call = (async (name: string, input: { from: number; to: number }) => {
  const path = name === 'logCheckpoint' ? 'checkpoint' : `consistency?from=${input.from}&to=${input.to}`
  const response = await fetch(`${gateway.url}/api/v1/log/${path}`)
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}) as unknown as GatewayApi['call']

function watchLog(): CheckpointWatch {
  const library = {
    pin: (...given: Parameters<typeof pins.pin>) => pins.pin(...given),
    pinnedFor: async (of: string) => pins.pinnedFor(of),
    witnesses: async (of: string) => known.witnesses(of),
    seeCosigned: (...given: Parameters<typeof known.seeCosigned>) => known.seeCosigned(...given),
  }
  return createCheckpointWatch({ gatewayUrl: gateway.url, api: { call }, library, log: silent, onChange: () => undefined })
}

/** What its health says of the witness. */
const witnessState = async () => {
  const { witnesses } = (await (await fetch(`${gateway.url}/health`)).json()) as { witnesses: { state: string; problem?: string }[] }
  return witnesses[0]
}

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer)
  const { key } = await call('logCheckpoint')
  told = []
  const config = join(gateway.root, 'witness.yaml')
  await writeFile(config, JSON.stringify({ listen: { port: 0 }, name: 'witness.example/one', data: 'witness', logs: [key] }))
  witness = await startWitness(config, pino({ level: 'warn' }, { write: (line: string) => void told.push(line) }))
  const settings = JSON.parse(await readFile(gateway.config, 'utf8')) as { log: object }
  const asked = { witnesses: [{ url: witness.url, key: witness.verifierKey }], witnessSeconds: 0.05 }
  await writeFile(gateway.config, JSON.stringify({ ...settings, log: { ...settings.log, ...asked } }))
  await gateway.restart()
})
afterAll(async () => {
  await gateway.close()
  await witness.close()
  await provider.stop()
  database.close()
})

test('what the witness cosigned is what a desktop pins; a witness that never cosigned is named', async () => {
  await expect.poll(witnessState).toMatchObject({ state: 'cosigned' })
  known.addWitness(witness.verifierKey)
  known.addWitness(missing)
  const watch = watchLog()
  const states = async () => {
    await watch.refresh()
    return known.witnesses(gateway.url).map(({ name, state, last }) => [name, state, last && last.size === watch.pinned?.size])
  }
  await expect.poll(states).toEqual([
    ['witness.example/missing', 'never', undefined],
    ['witness.example/one', 'cosigned', true],
  ])
  expect([watch.alarm, watch.unwitnessed]).toEqual([undefined, ['witness.example/missing']])
  // somebody signs in: the log grows, the witness cosigns that too, and the desktop follows both
  const before = watch.pinned?.size ?? 0
  const operator = await signInAs(gateway.url, 'operator')
  operator.leave()
  await expect
    .poll(async () => {
      await watch.refresh()
      return known.witnesses(gateway.url).find(({ key }) => key === witness.verifierKey)?.last?.size ?? 0
    })
    .toBeGreaterThan(before)
  expect(watch.alarm).toBeUndefined()
})

test('a fork is refused by the witness and told by the gateway; the desktop that pinned the other history raises the alarm', async () => {
  const watch = watchLog()
  await watch.refresh()
  const { pinned } = watch
  await gateway.running.close()
  const log = join(gateway.root, 'log')
  await cp(log, join(gateway.root, 'early'), { recursive: true })
  // the history that everybody sees goes on
  await gateway.restart()
  await expect.poll(witnessState).toMatchObject({ state: 'cosigned' })
  await watch.refresh()
  expect(watch.pinned?.size).toBeGreaterThan(pinned?.size ?? 0)
  await gateway.running.close()
  // and is put back, with all that could remember it on the gateway's computer
  await rm(log, { recursive: true })
  await cp(join(gateway.root, 'early'), log, { recursive: true })
  await rm(join(gateway.root, 'data', 'log-head'), { force: true })
  await gateway.restart()
  await expect.poll(witnessState).toMatchObject({ state: 'refused' })
  expect(gateway.logged()).toContain('a witness refuses the log: it knows another history')
  await expect
    .poll(async () => {
      await watch.refresh()
      return watch.alarm
    })
    .toMatch(/two histories|two different trees|history was rewritten|entries were taken back/)
  // what it had pinned stays, and minutes later the witness that cosigned no more is missed as well
  const kept = watch.pinned
  now += 6 * 60_000
  await watch.refresh()
  expect(watch.pinned).toEqual(kept)
  expect(known.witnesses(gateway.url).find(({ key }) => key === witness.verifierKey)?.last?.size).toBeLessThanOrEqual(kept?.size ?? 0)
})
