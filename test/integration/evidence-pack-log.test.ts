import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EvidenceExportOptions } from '../../src-cli/commands/export-evidence.ts'
import { signRotation } from '../../src-core/log/key-rotation.ts'
import { formatVerifierKey, verifierKeyOf } from '../../src-core/log/signed-note.ts'
import { openLog } from '../../src-node/log-store.ts'
import { unzip } from '../fixtures/unzip.ts'
import { exportAugust, verifyPack as verify } from './export-august.ts'

/** Runs on Node alone: no gateway, no desktop. Packs of logs without sessions. */
const { privateKey } = generateKeyPairSync('ed25519')
const key = formatVerifierKey(verifierKeyOf('gate.example/log', privateKey))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-pack-log-'))
  await mkdir(join(folder, 'recordings'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (change: Partial<EvidenceExportOptions>) => exportAugust(folder, key, change)

describe('a log whose key was replaced', () => {
  const [second, stranger] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey]
  const rotated = () => join(folder, 'rotated')
  const keyOf = (of: typeof second) => formatVerifierKey(verifierKeyOf('gate.example/log', of))
  beforeAll(async () => {
    const options = {
      folder: join(folder, 'rotated-log'),
      origin: 'gate.example/log',
      clock: { now: () => new Date('2026-08-03T00:00:00Z') },
    }
    const log = await openLog({ ...options, privateKey })
    await log.append({ kind: 'identity', act: 'signed-in', person: 'u-1' })
    await log.rotate(second)
    await log.append({ kind: 'identity', act: 'signed-out', person: 'u-1' })
    await log.close()
    await run({ log: options.folder, out: join(folder, 'rotated.zip') })
    await unzip(join(folder, 'rotated.zip'), rotated())
  })

  test('is verified by its first key and by its last one, and by no other', () => {
    for (const given of [key, keyOf(second)]) {
      expect(verify(rotated(), '--key', given)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('the key was replaced 1 times'),
      })
    }
    const { status, stdout } = verify(rotated(), '--key', keyOf(stranger))
    expect([status, stdout]).toEqual([
      1,
      expect.stringContaining('FAILED  trust/rotations.json: no entry leads from the key that is trusted'),
    ])
  })

  const forge = (index: number, from: typeof second, to: typeof second) => {
    const note = signRotation({ origin: 'gate.example/log', index, from, to })
    return Buffer.from(JSON.stringify({ v: 1, at: '2026-08-03T00:00:00.000Z', kind: 'key.rotate', note })).toString('base64')
  }
  test.for<[string, (proofs: string[]) => unknown, RegExp]>([
    ['are left out', () => [], /FAILED {2}log\/end.checkpoint: it is not signed by the key of the log/],
    ['are no list', () => 'nonsense', /rotations.json: log entry 0 does not replace the key/],
    ['name another entry', ([one = '']) => [one.replace('index 1', 'index 0')], /log entry 0 is not in its place/],
    [
      'name a new key that did not sign',
      ([one = '']) => [one.replace(/^extra .*$/m, `extra ${forge(1, privateKey, stranger)}`)],
      /it does not show|does not show that entry 1/,
    ],
    [
      'name an old key that did not sign',
      ([one = '']) => [one.replace(/^extra .*$/m, `extra ${forge(1, stranger, second)}`)],
      /no entry leads from the key|does not show/,
    ],
    [
      'have another path',
      ([one = '']) => [one.replace(/^(index 1\n)[^\n]+/m, `$1${'A'.repeat(43)}=`)],
      /does not show that entry 1 is in the log/,
    ],
    [
      'hold a statement without its signatures',
      ([one = '']) => [one.replace(/^extra (.*)$/m, (_, entry: string) => `extra ${withoutSignature(entry)}`)],
      /is not signed by the key that it replaces/,
    ],
  ])('the entries that replaced it %s', async ([, change, finding]) => {
    const pack = await mkdtemp(join(folder, 'rotations-'))
    await cp(rotated(), pack, { recursive: true })
    const proofs = JSON.parse(await readFile(join(pack, 'trust/rotations.json'), 'utf8')) as string[]
    await writeFile(join(pack, 'trust/rotations.json'), JSON.stringify(change(proofs)))
    const { status, stdout } = verify(pack, '--key', key)
    expect([status, stdout]).toEqual([1, expect.stringMatching(finding)])
  })
  const withoutSignature = (entry: string) => {
    const parsed = JSON.parse(Buffer.from(entry, 'base64').toString()) as { note: string }
    return Buffer.from(JSON.stringify({ ...parsed, note: parsed.note.replace(/\n\n\u2014 .*\n/, '\n\n') })).toString('base64')
  }
})

test('when the gateway was not up is told, and no fault of the pack', async () => {
  const up = join(folder, 'up')
  let wall = Date.parse('2026-08-03T00:00:00Z')
  const log = await openLog({ folder: up, origin: 'gate.example/log', privateKey, clock: { now: () => new Date(wall) } })
  const beat = async (moment: 'start' | 'interval' | 'stop', minutes: number, upMinutes: number) => {
    wall = Date.parse('2026-08-03T00:00:00Z') + minutes * 60_000
    await log.append({ kind: 'heartbeat', moment, everySeconds: 600, upMs: upMinutes * 60_000 })
  }
  await beat('start', 0, 0)
  await beat('interval', 10, 10)
  await beat('interval', 45, 45)
  await beat('interval', 175, 55)
  await beat('start', 200, 0)
  await beat('interval', 190, 10)
  await beat('stop', 191, 11)
  await beat('start', 300, 0)
  await log.close()
  await run({ log: up, out: join(folder, 'up.zip') })
  await unzip(join(folder, 'up.zip'), join(folder, 'up-pack'))
  const { status, stdout } = verify(join(folder, 'up-pack'))
  expect(status).toBe(0)
  expect(stdout.match(/^note .*$/gm)).toEqual([
    expect.stringContaining('log/end.checkpoint: the log of this pack ends at 2026-08-03T05:00:00.000Z'),
    'note    log entry 2: the gateway was not heard of between 2026-08-03T00:10:00.000Z and 2026-08-03T00:45:00.000Z',
    'note    log entry 3: since 2026-08-03T00:45:00.000Z the clock went 7200 seconds ahead: it was set forwards, or the computer slept',
    expect.stringContaining('log entry 4: the gateway was last seen, and not stopped in order, at 2026-08-03T02:55:00.000Z'),
    'note    log entry 5: it is older than the entry before it: the clock was set backwards',
    'note    log entry 5: since 2026-08-03T03:20:00.000Z the clock fell 1200 seconds behind: it was set backwards',
    expect.stringContaining('log entry 7: the gateway was stopped at 2026-08-03T03:11:00.000Z and started again at'),
    expect.stringContaining('manifest.json.tlog-proof: it is not there'),
  ])
  const table = (await readFile(join(folder, 'up-pack/population/uptime.csv'), 'utf8')).split('\r\n').slice(1, -1)
  expect(table.map((row) => row.split(',', 1)[0])).toEqual([
    'silent',
    'clock-forwards',
    'killed',
    'clock-backwards',
    'clock-backwards',
    'stopped',
  ])
})
