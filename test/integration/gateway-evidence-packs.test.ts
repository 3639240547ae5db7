import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PackSummary } from '../../src-protocol/evidence.ts'
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
import { unzip } from '../fixtures/unzip.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let folder: string
let people: Record<'admin' | 'operator' | 'reviewer' | 'auditor', SignedInPerson>

const request = { from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z', seed: 'of the auditor', sampleSize: 2 }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-packs-'))
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer)
  const [admin, operator, reviewer, auditor] = await Promise.all(
    (['admin', 'operator', 'reviewer', 'auditor'] as const).map((name) => signInAs(gateway.url, name)),
  )
  people = { admin, operator, reviewer, auditor } as typeof people
  await registerEcho(gateway.url, people.admin)
  for (let turn = 0; turn < 3; turn += 1) {
    const session = await openEcho(people.operator)
    await exchange(people.operator, session.id, toolCall('echo', { text: 'card 4111111111111111' })).done
    await exchange(people.operator, session.id, toolCall('echo', { text: 'forbidden' })).done
    await people.operator.api.call('endSession', { id: session.id })
    await until(
      async () => (await people.auditor.api.call('recordings', {})).recordings.some((recording) => recording.session === session.id),
      'the recording is listed',
    )
  }
})
afterAll(async () => {
  for (const person of Object.values(people)) person.leave()
  await gateway.close()
  await provider.stop()
  await rm(folder, { recursive: true, force: true })
})

async function download({ id }: PackSummary, by = people.auditor): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const { part, next }: { part: string; next?: number | undefined } = await by.api.call('packPart', { id, offset })
    parts.push(Buffer.from(part, 'base64'))
    offset = next
  }
  return Buffer.concat(parts)
}

test('an auditor takes a pack away; it proves itself and its own export with Node alone, and holds no masked value', async () => {
  const pack = await people.auditor.api.call('makePack', request)
  const zip = await download(pack)
  expect([zip.length, createHash('sha256').update(zip).digest('hex')]).toEqual([pack.bytes, pack.sha256])
  await writeFile(join(folder, 'pack.zip'), zip)
  await unzip(join(folder, 'pack.zip'), join(folder, 'pack'))
  const { key } = await people.auditor.api.call('logCheckpoint')
  const { status, stdout } = spawnSync(process.execPath, [join(folder, 'pack/verify/verify.mjs'), '--key', key], {
    env: {},
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([0, expect.stringContaining(`the export of this pack is entry ${pack.logIndex} of the log`)])
  expect(pack).toMatchObject({ sessions: 3, sample: 2 })
  // packs of older gateways have no columns for what an activation changed: their log says nothing about it
  const table = join(folder, 'pack/population/policies.csv')
  const rows = await readFile(table, 'utf8')
  await writeFile(table, rows.replace(/^(at,.*,log entry),.*/, '$1').replaceAll(/,{7}(?=\r?\n|$)/g, ''))
  const older = spawnSync(process.execPath, [join(folder, 'pack/verify/verify.mjs')], { env: {}, encoding: 'utf8' })
  expect(older.stdout).toContain('population/policies.csv is what the log says')
  await writeFile(table, rows)
  for (const name of await readdir(join(folder, 'pack'), { recursive: true })) {
    const content = await readFile(join(folder, 'pack', name), 'utf8').catch(() => '')
    expect(content.includes('4111111111111111') ? name : undefined).toBeUndefined()
  }
})

test('a manifest that was changed is not the one that was exported', async () => {
  const path = join(folder, 'pack/manifest.json')
  await writeFile(path, (await readFile(path, 'utf8')).replace('of the auditor', 'of somebody else'))
  const { status, stdout } = spawnSync(process.execPath, [join(folder, 'pack/verify/verify.mjs')], { env: {}, encoding: 'utf8' })
  expect([status, stdout]).toEqual([1, expect.stringContaining('it does not show that this manifest is in the log')])
})

test('what an activation changed stands in the log and in the pack, which proves it', async () => {
  const text = 'version: 1\nrules:\n  - { id: text-alone, media: [image], because: Pictures stay inside. }\n'
  await people.admin.api.call('activatePolicy', { kind: 'masking', text, message: 'Text alone.' })
  const pack = await people.auditor.api.call('makePack', request)
  await writeFile(join(folder, 'changed.zip'), await download(pack))
  await unzip(join(folder, 'changed.zip'), join(folder, 'changed'))
  const table = join(folder, 'changed/population/policies.csv')
  const rows = await readFile(table, 'utf8')
  expect(rows).toMatch(/,masking,.*,Text alone\.,\d+,[0-9a-f]{64},\d+,\d+,text-alone,/)
  const said = () => spawnSync(process.execPath, [join(folder, 'changed/verify/verify.mjs')], { env: {}, encoding: 'utf8' }).stdout
  expect(said()).toContain('population/policies.csv is what the log says')
  await writeFile(table, rows.replace(',text-alone,', ',,'))
  expect(said()).toMatch(/population\/policies\.csv: row \d+ is not what the log says/)
})

test('who is no auditor or administrator gets none, and nobody gets another one’s', async () => {
  await expect(people.operator.api.call('makePack', request)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(people.reviewer.api.call('makePack', request)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  const pack = await people.auditor.api.call('makePack', request)
  await expect(people.admin.api.call('packPart', { id: pack.id, offset: 0 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(people.auditor.api.call('packPart', { id: pack.id, offset: pack.bytes + 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const newer = await people.auditor.api.call('makePack', request)
  await expect(download(pack)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await download(newer)).length).toBe(newer.bytes)
})

test('a period without entries, or one that ends before it begins, is told', async () => {
  const empty = { ...request, from: '2090-01-01T00:00:00.000Z' }
  await expect(people.auditor.api.call('makePack', empty)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  await expect(people.auditor.api.call('makePack', { ...request, to: '2019-01-01T00:00:00.000Z' })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  })
})
