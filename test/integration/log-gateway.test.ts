import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runKeyRotation } from '../../src-cli/commands/rotate-key.ts'
import { formatWitnessKey, witnessKeyOf } from '../../src-core/log/cosignature.ts'
import { openCheckpointBy, followKeyProofs } from '../../src-core/log/key-history.ts'
import { rootOf } from '../../src-core/log/merkle-frontier.ts'
import { equalBytes, leafHash } from '../../src-core/log/merkle-hash.ts'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { parseEntries, parseTile } from '../../src-core/log/tile.ts'
import { startGateway, type RunningGateway } from '../../src-gateway/main.ts'
import { createCheckpointWatch, type CheckpointWatch } from '../../src-main/services/desktop/checkpoint-watch.ts'
import type { GatewayApi } from '../../src-main/services/gateway-api.ts'
import { openLibraryDatabase } from '../../src-main/services/library/library-database.ts'
import { createKnownWitnesses } from '../../src-main/services/library/known-witnesses.ts'
import { createPinnedCheckpoints } from '../../src-main/services/library/pinned-checkpoints.ts'
import { systemClock } from '../../src-node/clock.ts'
import { readConfigFile } from '../../src-node/config-file.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'
import { prepareGateway, type Folders } from './gateway-harness.ts'
import { clientSecret, startIdentityProviderProcess } from './identity-harness.ts'

/** other things run on this computer too: what must come comes, only not at once */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

/** A gateway as it runs, and a desktop's watch over its log with a library of its own: nobody has to sign in for that. */
let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let folders: Folders
let copies: string
let running: RunningGateway | undefined
const silent = pino({ level: 'silent' })
const database = openLibraryDatabase(':memory:')

type LogSettings = Record<string, unknown>
async function start(log: LogSettings = {}): Promise<void> {
  const config = JSON.parse(await readFile(folders.config, 'utf8')) as { log: LogSettings }
  await writeFile(folders.config, JSON.stringify({ ...config, log: { folder: 'log', origin: 'gatehouse.example/log', ...log } }))
  running = await startGateway({
    config: readConfigFile(folders.config, gatewayConfig),
    folder: folders.root,
    env: { CLIENT_SECRET: clientSecret },
    log: silent,
    clock: systemClock,
  })
}
async function stop(): Promise<void> {
  await running?.close()
  running = undefined
}

const call = (async (name: string, input: { from: number; to: number }) => {
  const path = name === 'logCheckpoint' ? '/api/v1/log/checkpoint' : `/api/v1/log/consistency?from=${input.from}&to=${input.to}`
  const response = await fetch(folders.url + path)
  const body = (await response.json()) as { error?: { code: 'INVALID_REQUEST'; data: Record<string, unknown> } }
  if (body.error) throw new AppError(body.error.code, body.error.data as { problem: string })
  return body
}) as unknown as GatewayApi['call']

/** as after a new start of the application: what is pinned stays, an alarm has to be raised anew */
function watchLog(): CheckpointWatch {
  const pins = createPinnedCheckpoints(database, systemClock)
  const known = createKnownWitnesses(database, pins, systemClock)
  const library = {
    pin: (...given: Parameters<typeof pins.pin>) => pins.pin(...given),
    pinnedFor: async (gateway: string) => pins.pinnedFor(gateway),
    witnesses: async (gateway: string) => known.witnesses(gateway),
    seeCosigned: (...given: Parameters<typeof known.seeCosigned>) => known.seeCosigned(...given),
  }
  return createCheckpointWatch({ gatewayUrl: folders.url, api: { call }, library, log: silent, onChange: () => undefined })
}

const get = (path: string) => fetch(folders.url + path)
const rotate = () => runKeyRotation({ config: folders.config, stdout: new Writable({ write: (_chunk, _encoding, done) => done() }) })

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  folders = await prepareGateway(provider.issuer)
  copies = await mkdtemp(join(tmpdir(), 'log-gateway-'))
  await start({ publish: 'entries' })
}, 60_000)
afterAll(async () => {
  await stop()
  database.close()
  await provider.stop()
  await rm(folders.root, { recursive: true, force: true })
  await rm(copies, { recursive: true, force: true })
})

test('the log can be read as files, and what is read gives the signed root', async () => {
  const checkpoint = await get('/log/checkpoint')
  expect([checkpoint.headers.get('content-type'), checkpoint.headers.get('cache-control')]).toEqual([
    'text/plain; charset=utf-8',
    'no-cache',
  ])
  const note = await checkpoint.text()
  const [, size = '', root = ''] = note.split('\n')
  const bundle = await get(`/log/tile/entries/000.p/${size}`)
  expect([bundle.headers.get('content-type'), bundle.headers.get('cache-control')]).toEqual([
    'application/octet-stream',
    'public, max-age=31536000, immutable',
  ])
  const entries = parseEntries(new Uint8Array(await bundle.arrayBuffer())) ?? []
  const hashes = parseTile(new Uint8Array(await (await get(`/log/tile/0/000.p/${size}`)).arrayBuffer())) ?? []
  expect(rootOf(entries.map(leafHash))).toEqual(Buffer.from(root, 'base64'))
  expect(entries.every((entry, at) => equalBytes(leafHash(entry), hashes[at] ?? Buffer.alloc(0)))).toBe(true)
  // a gateway that has just started: the first sign of life, with nothing secret in any entry
  expect(JSON.parse(Buffer.from(entries[0] ?? '').toString())).toMatchObject({ kind: 'heartbeat', moment: 'start' })
  expect(Buffer.concat(entries).toString()).not.toContain(clientSecret)
})

test.for([
  '/log/tile/0/999',
  '/log/tile/0/000.p/256',
  '/log/tile/0/000.p/01',
  '/log/tile/64/000',
  '/log/tile/entries/..%2f..%2f..%2fdata%2flog-key.pem',
  '/log/tile/entries/..%2f..%2fcheckpoint',
  '/log/checkpoint.cosigned',
  '/log/tile/',
])('nothing else can be read: %s', async (path) => {
  expect((await get(path)).status).toBe(404)
})

test('a key is not replaced while the gateway runs; after it was, desktops follow without an alarm', { timeout: 60_000 }, async () => {
  const watch = watchLog()
  await watch.refresh()
  const before = watch.pinned
  expect([before?.size, watch.alarm]).toEqual([expect.any(Number), undefined])
  const { key } = await call('logCheckpoint')
  await expect(rotate()).rejects.toMatchObject({ code: 'CONFLICT' })
  await stop()
  expect(await rotate()).toBe(0)
  await start({ publish: 'checkpoint' })
  const now = await call('logCheckpoint')
  expect(now.key).not.toBe(key)
  watch.seen(now.note)
  await eventually(() => watch.pinned?.size).toBeGreaterThan(before?.size ?? 0)
  expect(watch.alarm).toBeUndefined()
  const trusted = parseVerifierKey(key)
  const followed = trusted.ok ? followKeyProofs(trusted.key, now.rotations ?? []) : trusted
  expect('history' in followed && openCheckpointBy(now.note, followed.history)).toMatchObject({ ok: true })
})

test('only as much is published as is configured', async () => {
  expect((await get('/log/checkpoint')).status).toBe(200)
  expect((await get('/log/tile/0/000.p/1')).status).toBe(404)
  await stop()
  await cp(join(folders.root, 'log'), join(copies, 'log'), { recursive: true })
  const away = { url: 'http://127.0.0.1:9', key: 'witness.example/w1+' }
  await expect(start({ witnesses: [away] })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  // a witness that is away: the gateway runs, and its health says so
  const key = formatWitnessKey(witnessKeyOf('witness.example/w1', generateKeyPairSync('ed25519').privateKey))
  await start({ witnesses: [{ ...away, key }], witnessSeconds: 0.05 })
  await expect
    .poll(async () => (await get('/health')).json())
    .toMatchObject({ status: 'ok', witnesses: [{ witness: 'witness.example/w1', state: 'away' }] })
  expect((await get('/log/checkpoint')).status).toBe(404)
})

test(
  'a gateway whose log was put back and went on another way is an alarm on every desktop that saw it, and stays one',
  { timeout: 60_000 },
  async () => {
    const watch = watchLog()
    await watch.refresh()
    expect([watch.pinned?.size, watch.alarm]).toEqual([expect.any(Number), undefined])
    await stop()
    await rm(join(folders.root, 'log'), { recursive: true })
    await cp(join(copies, 'log'), join(folders.root, 'log'), { recursive: true })
    // the gateway itself sees it as long as its data was not put back too
    await expect(start()).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
    await rm(join(folders.root, 'data', 'log-head'))
    await start()
    const pinned = watch.pinned
    const { note } = await call('logCheckpoint')
    watch.seen(note)
    await eventually(() => watch.alarm).toMatch(/two different trees|history was rewritten|entries were taken back/)
    expect(watch.pinned).toEqual(pinned)
    const again = watchLog()
    await again.refresh()
    expect(again.alarm).toBe(watch.alarm)
  },
)
