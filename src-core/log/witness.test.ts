import { describe, expect, test } from 'vitest'
import { fixtureKey } from '../recording/sealed-recording.fixture.ts'
import { decideCosign, formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'
import { base64Of } from './base64.ts'
import { signCheckpoint } from './checkpoint.ts'
import { cosign, formatWitnessKey, openCosignatures, parseWitnessKey, witnessKeyOf } from './cosignature.ts'
import { rootOf } from './merkle-frontier.ts'
import { leafHash } from './merkle-hash.ts'
import { consistencyProof } from './merkle-proof.ts'
import { parseVerifierKey, splitNote, verifierKeyOf } from './signed-note.ts'

const origin = 'gate.example/log'
const witness = 'witness.example/w1'
const key = witnessKeyOf(witness, fixtureKey(7))
const at = new Date('2023-03-20T12:25:47Z')
const leaves = Array.from({ length: 9 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)))
const noteOf = (size: number, seed = 1, list = leaves) =>
  signCheckpoint({ origin, size, root: rootOf(list.slice(0, size)) }, fixtureKey(seed))
const textOf = (note: string) => splitNote(note)?.text ?? ''

describe('cosignatures', () => {
  const note = noteOf(5)
  const line = cosign(textOf(note), witness, fixtureKey(7), at)

  test('have the form that C2SP publishes: key id, time, signature', () => {
    // the example of c2sp.org/tlog-cosignature, whose key it does not tell
    const example = Buffer.from(
      'jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==',
      'base64',
    )
    const own = Buffer.from(line.split(' ')[2] ?? '', 'base64')
    expect(own).toHaveLength(example.length)
    expect(own.readBigUInt64BE(4)).toBe(1_679_315_147n)
    expect(example.readBigUInt64BE(4)).toBe(1_679_315_147n)
    expect(line).toMatch(/^\u2014 witness\.example\/w1 [A-Za-z0-9+/]+=*\n$/)
  })
  test('count for the witness that gave them, with their time', () => {
    expect(openCosignatures(note + line, [key])).toEqual([{ witness, at }])
    expect(openCosignatures(note + line + line, [key])).toHaveLength(1)
    expect(openCosignatures(note, [key])).toEqual([])
  })
  test.for<[string, string]>([
    ['another checkpoint', noteOf(6) + line],
    [
      'another time',
      note +
        line.replace(
          / [^ ]+\n$/,
          (text) => ` ${base64Of(Buffer.from(text.trim(), 'base64').map((byte, place) => (place === 11 ? byte ^ 1 : byte)))}\n`,
        ),
    ],
    ['another name', note + line.replace('w1', 'w2')],
    ['another key under this name', note + cosign(textOf(note), witness, fixtureKey(8), at)],
    [
      'a plain signature by this key',
      note +
        signCheckpoint({ origin: witness, size: 5, root: rootOf([]) }, fixtureKey(7))
          .split('\n')
          .at(-2) +
        '\n',
    ],
    [
      'a signature without its time',
      note + line.replace(/ [^ ]+\n$/, (text) => ` ${base64Of(Buffer.from(text.trim(), 'base64').subarray(0, 12))}\n`),
    ],
  ])('do not count: %s', ([, text]) => {
    expect(openCosignatures(text, [key])).toEqual([])
  })
  test('keys of witnesses and of logs are not taken for each other', () => {
    const text = formatWitnessKey(key)
    expect(parseWitnessKey(text)).toEqual({ ok: true, key })
    expect(parseVerifierKey(text).ok).toBe(false)
    expect(witnessKeyOf(witness, fixtureKey(7)).id).not.toEqual(verifierKeyOf(witness, fixtureKey(7)).id)
  })
})

describe('add-checkpoint', () => {
  const hashes = consistencyProof(leaves, 5)
  const body = formatAddCheckpoint({ old: 5, hashes, note: noteOf(9) })
  const logs = (of: string) => (of === origin ? [verifierKeyOf(origin, fixtureKey(1)), verifierKeyOf(origin, fixtureKey(2))] : undefined)
  const cosignedAt = (size: number) => () => (size === 0 ? undefined : { size, root: rootOf(leaves.slice(0, size)) })
  const decide = (text: string, size = 5) => decideCosign(parseAddCheckpoint(text), logs, cosignedAt(size))

  test('round trip', () => {
    expect(body.startsWith('old 5\n')).toBe(true)
    expect(parseAddCheckpoint(body)).toEqual({ old: 5, hashes, note: noteOf(9) })
  })
  test('what continues the last one is cosigned; so are the first one, the same again, and one by another known key', () => {
    expect(decide(body)).toMatchObject({ status: 200, checkpoint: { size: 9 } })
    expect(decide(formatAddCheckpoint({ old: 0, hashes: [], note: noteOf(9) }), 0)).toMatchObject({ status: 200 })
    expect(decide(formatAddCheckpoint({ old: 9, hashes: [], note: noteOf(9) }), 9)).toMatchObject({ status: 200 })
    expect(decide(formatAddCheckpoint({ old: 5, hashes, note: noteOf(9, 2) }))).toMatchObject({ status: 200 })
  })
  const forked = leaves.with(2, leafHash(Buffer.from('rewritten')))
  test.for<[string, string, number, object]>([
    ['no request', 'nonsense', 5, { status: 400 }],
    ['a size with a leading zero', body.replace('old 5', 'old 05'), 5, { status: 400 }],
    ['no checkpoint', body.split('\n\n')[0] + '\n\n', 5, { status: 400 }],
    [
      '64 hashes',
      formatAddCheckpoint({ old: 5, hashes: Array.from({ length: 64 }, () => leaves[0]!), note: noteOf(9) }),
      5,
      { status: 400 },
    ],
    ['an old size beyond the new one', formatAddCheckpoint({ old: 9, hashes: [], note: noteOf(5) }), 9, { status: 400 }],
    ['another log', body.replaceAll(origin, 'gate.example/other'), 5, { status: 404 }],
    ['another key', formatAddCheckpoint({ old: 5, hashes, note: noteOf(9, 3) }), 5, { status: 403 }],
    ['an old size that is not the last one', body, 7, { status: 409, size: 7, misbehaved: false }],
    ['a log that was rolled back', formatAddCheckpoint({ old: 5, hashes: [], note: noteOf(5) }), 9, { status: 409, size: 9 }],
    [
      'two trees of one size',
      formatAddCheckpoint({ old: 9, hashes: [], note: noteOf(9, 1, forked) }),
      9,
      { status: 409, misbehaved: true },
    ],
    [
      'a tree that does not continue it',
      formatAddCheckpoint({ old: 5, hashes: consistencyProof(forked, 5), note: noteOf(9, 1, forked) }),
      5,
      { status: 422, misbehaved: true },
    ],
    ['no proof', formatAddCheckpoint({ old: 5, hashes: [], note: noteOf(9) }), 5, { status: 422 }],
    ['a proof where none belongs', formatAddCheckpoint({ old: 0, hashes, note: noteOf(9) }), 0, { status: 422 }],
  ])('refused: %s', ([, text, size, decision]) => {
    expect(decide(text, size)).toMatchObject(decision)
  })
})
