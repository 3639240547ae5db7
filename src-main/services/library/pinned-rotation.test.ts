import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatVerifierKey, verifierKeyOf } from '../../../src-core/log/signed-note.ts'
import { systemClock } from '../../../src-node/clock.ts'
import { openLog, type TransparencyLog } from '../../../src-node/log-store.ts'
import { openLibraryDatabase, type LibraryDatabase } from './library-database.ts'
import { createPinnedCheckpoints, type PinnedCheckpoints } from './pinned-checkpoints.ts'

const origin = 'gate.example/log'
const gateway = 'https://gate.example'
const newKey = () => generateKeyPairSync('ed25519').privateKey
const [first, second, stranger] = [newKey(), newKey(), newKey()]

let folder: string
let database: LibraryDatabase
let pins: PinnedCheckpoints
let log: TransparencyLog
const open = (privateKey: KeyObject, at = 'log') => openLog({ folder: join(folder, at), origin, privateKey, clock: systemClock })
const append = (to: TransparencyLog) => to.append({ kind: 'gateway.start', gateway, version: '0' })
const pin = (of: TransparencyLog, rotations?: readonly string[]) =>
  pins.pin(gateway, of.checkpoint(), of.verifierKey, (from, to) => of.consistencyProof(from, to), rotations)
const pinnedKey = () => pins.ofOrigin(origin)[0]?.verifier_key

/** A log that this computer has pinned under its first key, and that has another one by now. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinned-rotation-'))
  database = openLibraryDatabase(':memory:')
  pins = createPinnedCheckpoints(database, systemClock)
  log = await open(first)
  await append(log)
  await append(log)
  await pin(log)
  await log.rotate(second)
  await append(log)
})
afterEach(async () => {
  await log.close()
  database.close()
  await rm(folder, { recursive: true, force: true })
})

test('a key that the log itself vouches for is followed, and kept with its proofs', async () => {
  expect(await pin(log, await log.rotations())).toMatchObject({ ok: true, pinned: { size: 4 } })
  expect(pinnedKey()).toBe(formatVerifierKey(verifierKeyOf(origin, second)))
  expect(pins.rotationsOf(origin)).toHaveLength(1)
  await append(log)
  expect(await pin(log)).toMatchObject({ ok: true, pinned: { size: 5 } })
  expect(pins.rotationsOf(origin)).toHaveLength(1)
})

test('a key that no entry vouches for is an alarm, and the pin stays', async () => {
  expect(await pin(log)).toMatchObject({ ok: false, reason: 'key-mismatch', alarm: expect.stringContaining('no entry leads to it') })
  const strange = await open(stranger, 'strange')
  await append(strange)
  await append(strange)
  expect(await pin(strange, await log.rotations())).toMatchObject({ ok: false, reason: 'key-mismatch' })
  await strange.close()
  expect(pinnedKey()).toBe(formatVerifierKey(verifierKeyOf(origin, first)))
})

test('the key that was replaced is not taken back', async () => {
  await pin(log, await log.rotations())
  const old = await open(first, 'old')
  for (let at = 0; at < 6; at += 1) await append(old)
  expect(await pin(old, await log.rotations())).toMatchObject({ ok: false, reason: 'key-mismatch' })
  await old.close()
})

test('a key that its own log vouches for does not make another log of it', async () => {
  const forked = await open(first, 'forked')
  await append(forked)
  await append(forked)
  await forked.rotate(stranger)
  await append(forked)
  expect(await pin(forked, await forked.rotations())).toMatchObject({ ok: false, reason: 'log-forked' })
  expect(pinnedKey()).toBe(formatVerifierKey(verifierKeyOf(origin, first)))
  await forked.close()
})
