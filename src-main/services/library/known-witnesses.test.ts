import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { base64Of } from '../../../src-core/log/base64.ts'
import { signCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { cosign, formatWitnessKey, witnessKeyOf } from '../../../src-core/log/cosignature.ts'
import { rootOf } from '../../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../../src-core/log/merkle-hash.ts'
import { consistencyProof } from '../../../src-core/log/merkle-proof.ts'
import { fixtureKey, fixtureOrigin, fixtureVerifierKey } from '../../../src-core/recording/sealed-recording.fixture.ts'
import { openLibrary, type Library } from '../library.ts'

const gateway = 'https://gate.example'
const witnessKeys = generateKeyPairSync('ed25519')
const otherKeys = generateKeyPairSync('ed25519')
const name = 'witness.example/w1'
const witnessKey = formatWitnessKey(witnessKeyOf(name, witnessKeys.publicKey))

let now: Date
let library: Library
let asked: [number, number][]

/** The log, and another history of it. */
const leavesOf = (size: number, history: string) =>
  Array.from({ length: size }, (_, at) => leafHash(Buffer.from(at < 3 ? `${at}` : `${at}${history}`)))
const noteOf = (size: number, history = '', key = 1) =>
  signCheckpoint({ origin: fixtureOrigin, size, root: rootOf(leavesOf(size, history)) }, fixtureKey(key))
const cosignedBy = (note: string, privateKey = witnessKeys.privateKey) =>
  note + cosign(note.slice(0, note.indexOf('\n\n') + 1), name, privateKey, now)
const fetch = async (from: number, to: number) => {
  asked.push([from, to])
  return consistencyProof(leavesOf(to, ''), from).map(base64Of)
}
const pin = (size: number) => library.pin(gateway, noteOf(size), fixtureVerifierKey, fetch)
const see = (note: string) => library.seeCosigned(gateway, note, fetch)
const state = () => library.witnesses(gateway)[0]
const later = (minutes: number) => (now = new Date(now.getTime() + minutes * 60_000))

beforeEach(async () => {
  now = new Date('2026-11-22T10:00:00.000Z')
  asked = []
  library = openLibrary({ file: ':memory:', clock: { now: () => now } })
  await pin(8)
  library.addWitness(witnessKey)
})

test('a witness that never cosigned is told as such, and one that did with what and when', async () => {
  expect(state()).toEqual({ name, key: witnessKey, state: 'never' })
  expect(await see(cosignedBy(noteOf(6)))).toEqual({})
  expect(state()).toMatchObject({ state: 'cosigned', last: { size: 6, at: '2026-11-22T10:00:00.000Z' } })
  expect(asked).toContainEqual([6, 8])
})

test('a log that grew a moment ago is no warning; one that goes on without its witness is', async () => {
  await see(cosignedBy(noteOf(8)))
  later(120)
  await pin(9)
  expect(state()).toMatchObject({ state: 'cosigned' })
  later(6)
  expect(state()).toMatchObject({ state: 'behind', last: { size: 8 } })
  await see(cosignedBy(noteOf(9)))
  expect(state()).toMatchObject({ state: 'cosigned', last: { size: 9 } })
})

test('a busy log that its witness follows is no warning, however long', async () => {
  for (let size = 9; size < 20; size += 1) {
    await pin(size)
    await see(cosignedBy(noteOf(size - 1)))
    expect(state()).toMatchObject({ state: 'cosigned' })
    later(2)
  }
})

test('what a witness cosigned of another history is an alarm', async () => {
  expect(await see(cosignedBy(noteOf(8, 'x')))).toEqual({ alarm: expect.stringContaining(name) })
  expect(await see(cosignedBy(noteOf(6, 'x')))).toEqual({ alarm: expect.stringContaining('two histories') })
  expect(await see(cosignedBy(noteOf(10, 'x')))).toEqual({ alarm: expect.stringContaining('two histories') })
  expect(state()).toMatchObject({ state: 'never' })
})

test.for<[string, () => string]>([
  ['no cosignature', () => noteOf(8)],
  ['one of somebody else under its name', () => cosignedBy(noteOf(8), otherKeys.privateKey)],
  ['one over another text', () => cosignedBy(noteOf(8)).replace('\n8\n', '\n7\n')],
  ['a checkpoint that the log did not sign', () => cosignedBy(noteOf(8, '', 2))],
  ['no note', () => 'hello'],
])('%s counts for nothing', async ([, note]) => {
  expect(await see(note())).toEqual({})
  expect(state()).toMatchObject({ state: 'never' })
})

test('an older cosigned checkpoint takes the place of no newer one', async () => {
  await see(cosignedBy(noteOf(8)))
  await see(cosignedBy(noteOf(6)))
  expect(state()).toMatchObject({ last: { size: 8 } })
})

test('a key that is no witness’s is refused: not the log’s own either', () => {
  expect(() => library.addWitness('hello')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
  expect(() => library.addWitness(fixtureVerifierKey)).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
  library.removeWitness(witnessKey)
  expect(library.witnesses(gateway)).toEqual([])
})
