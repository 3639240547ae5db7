import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { systemClock } from '../clock.ts'
import { openLog } from '../log-store.ts'
import { buildPack } from './build-pack.ts'

/** Descriptors of this process that lead to files which a pack is put together from. */
async function stagedFiles(): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const targets = await Promise.all((await readdir('/proc/self/fd')).map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')))
  return targets.filter((target) => target.includes('gatehouse-pack-'))
}

test.for([
  [
    'at its first step: nothing was logged in the period',
    '2020-01-01T00:00:00.000Z',
    '2020-02-01T00:00:00.000Z',
    'no entry in this period',
  ],
  ['at a recording that cannot be read', '2020-01-01T00:00:00.000Z', '2100-01-01T00:00:00.000Z', 'the disk is gone'],
] as const)('a pack that breaks off %s keeps no file open', async ([, from, to, problem]) => {
  const folder = await mkdtemp(join(tmpdir(), 'build-pack-'))
  const { privateKey } = generateKeyPairSync('ed25519')
  const log = await openLog({ folder, origin: 'gate.example/log', privateKey, clock: systemClock })
  const { session, connection, person, policyVersion, maskingVersion } = openRecordFixture()
  await log.append({ kind: 'session.open', session, counter: 1, person: person.sub, connection, policyVersion, maskingVersion })
  await log.append({ kind: 'session.close', session, count: 2, root: 'ab'.repeat(32), endReason: 'expired' })
  const { zip, done } = buildPack(
    {
      log: log.snapshot(),
      verifierKey: log.verifierKey,
      gateway: 'gate.example',
      version: '0',
      now: new Date(),
      readRecording: () => Promise.reject(new Error('the disk is gone')),
      proofOf: (index) => log.tlogProof(index),
    },
    { from, to, timeZone: 'UTC', seed: 'a seed', sampleSize: 1 },
  )
  zip.on('error', () => undefined)
  await expect(done).rejects.toThrow(problem)
  expect(await stagedFiles()).toEqual([])
  await log.close()
  await rm(folder, { recursive: true })
})
