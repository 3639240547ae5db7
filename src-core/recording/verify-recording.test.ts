import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64Of } from '../log/base64.ts'
import { rootOf } from '../log/merkle-frontier.ts'
import { leafHash } from '../log/merkle-hash.ts'
import { signCheckpoint } from '../log/checkpoint.ts'
import { signRotation } from '../log/key-rotation.ts'
import { consistencyProof, inclusionProof } from '../log/merkle-proof.ts'
import { cosign, formatWitnessKey, witnessKeyOf } from '../log/cosignature.ts'
import { signNote, splitNote } from '../log/signed-note.ts'
import { formatTlogProof } from '../log/tlog-proof.ts'
import {
  closeRecordFixture,
  fixtureKey,
  fixtureOrigin,
  fixtureVerifierKey,
  logLeavesFixture,
  messageRecordFixture,
  openRecordFixture,
  proofFixture,
  recordingText,
  recordsFixture,
  type ProofOptions,
} from './sealed-recording.fixture.ts'
import { verifyRecording, type VerificationInput } from './verify-recording.ts'

const records = recordsFixture(8)
const good = recordingText(records)
const goodProof = proofFixture(good)

const verify = (text: string | Uint8Array, proof: string, more: Partial<VerificationInput> = {}) =>
  verifyRecording({ recording: typeof text === 'string' ? Buffer.from(text) : text, proof, key: fixtureVerifierKey, ...more })

const outcomes = (verification: ReturnType<typeof verify>) => Object.fromEntries(verification.steps.map(({ id, outcome }) => [id, outcome]))

/** The attacker who can seal anew: proof and recording fit each other. */
const sealed = (list: readonly unknown[], options: ProofOptions = {}) => {
  const text = recordingText(list)
  return verify(text, proofFixture(text, options))
}

describe('a recording that is what it says', () => {
  test('verifies in five steps', () => {
    const verification = verify(good, goodProof)
    expect(verification).toMatchObject({ verified: true })
    expect(verification.reason).toBeUndefined()
    expect(outcomes(verification)).toEqual({
      records: 'passed',
      'session-root': 'passed',
      'log-entry': 'passed',
      checkpoint: 'passed',
      pinned: 'skipped',
    })
    expect(verification.steps.map(({ title }) => title)).toEqual([
      'Records',
      'Session root',
      'Log entry 5',
      'Checkpoint signature',
      'Pinned checkpoint',
    ])
    expect(verification.steps[1]?.sentence).toBe('All 10 records give the root that the session was closed with.')
  })
  test('says about one record where it stands and what it hashes to', () => {
    const [step] = verify(good, goodProof, { seq: 3 }).steps
    const line = good.split('\n')[3] ?? ''
    expect(step).toMatchObject({
      title: 'Record 3',
      sentence: 'The stored line is one well-formed record with number 3. It hashes to this leaf.',
      facts: [
        { label: 'leaf', value: Buffer.from(leafHash(Buffer.from(line))).toString('hex') },
        { label: 'line', value: `${line.length} bytes` },
      ],
    })
  })
  test('with the fewest records and in a log of one entry', () => {
    expect(sealed(recordsFixture(0), { size: 1, index: 0 })).toMatchObject({ verified: true })
  })
  test('signatures of witnesses do not disturb it', () => {
    const witness = signNote('x\n', 'witness.example', fixtureKey(9)).split('\n').at(-2)
    expect(verify(good, `${goodProof}${witness}\n`)).toMatchObject({ verified: true })
  })
})

describe('the named corruptions', () => {
  const without = (seq: number) => records.filter((record) => record.seq !== seq)
  const replaced = (seq: number, record: unknown) => records.map((old) => (old.seq === seq ? record : old))

  test.for([
    ['a record was changed', recordingText(replaced(3, messageRecordFixture(3, { tool: 'list_tables' }))), 'root-mismatch', undefined],
    ['a body was changed', good.replace('SELECT 3', 'SELECT 4'), 'body-hash-mismatch', 3],
    ['a length was changed', recordingText(replaced(3, { ...messageRecordFixture(3), bytes: 1 })), 'body-hash-mismatch', 3],
    ['a record was removed', recordingText(without(4)), 'record-missing', 4],
    ['a record was repeated', recordingText([...records.slice(0, 4), records[3], ...records.slice(4)]), 'record-sequence', 4],
    ['two records changed places', recordingText([0, 1, 3, 2, 4, 5, 6, 7, 8, 9].map((at) => records[at])), 'record-missing', 2],
    ['the first record was removed', recordingText(without(0)), 'record-missing', 0],
    ['the end was cut off', recordingText(records.slice(0, 7)), 'not-sealed', undefined],
    ['the last line feed was cut off', good.slice(0, -1), 'record-malformed', undefined],
    ['a line is not JSON', good.replace('"seq":4', '"seq":4,,'), 'record-malformed', 4],
    ['a field is missing', recordingText(replaced(4, { ...messageRecordFixture(4), method: undefined })), 'record-malformed', 4],
    ['a kind is unknown', good.replace('"kind":"response"', '"kind":"rumour"'), 'record-malformed', 2],
    ['an empty line was added', `${good}\n`, 'record-sequence', 9],
    ['a carriage return was added', good.replace('\n', '\r\n'), 'root-mismatch', undefined],
    ['a byte order mark was added', `\uFEFF${good}`, 'record-malformed', 0],
    ['keys changed places', good.replace('"v":1,"seq":3,', '"seq":3,"v":1,'), 'root-mismatch', undefined],
    ['a space was added', good.replace('"seq":3', '"seq": 3'), 'root-mismatch', undefined],
    ['a number is written in another way', good.replace('"seq":3,', '"seq":3.0,'), 'root-mismatch', undefined],
    ['a letter is written as an escape', good.replace('"v":1,"seq":3', '"\\u0076":1,"seq":3'), 'root-mismatch', undefined],
    ['an unknown field was added', good.replace('"seq":3,', '"seq":3,"x":1,'), 'root-mismatch', undefined],
    ['it is empty', '', 'record-malformed', undefined],
  ] as const)('%s', ([, text, reason, seq]) => {
    const verification = verify(text, goodProof)
    expect(verification).toMatchObject({ verified: false, reason })
    expect(verification.seq).toBe(seq)
    // The log itself still holds: only this copy is bad.
    expect(outcomes(verification)).toMatchObject({ checkpoint: 'passed' })
  })

  test.for([
    ['no open record', [messageRecordFixture(0), closeRecordFixture(1)], 'record-missing'],
    ['a second open record', [openRecordFixture(), { ...openRecordFixture(), seq: 1 }, closeRecordFixture(2)], 'record-sequence'],
    [
      'records after the close',
      [openRecordFixture(), closeRecordFixture(1), messageRecordFixture(2), closeRecordFixture(3)],
      'record-sequence',
    ],
    ['no close record', [openRecordFixture(), messageRecordFixture(1)], 'not-sealed'],
    [
      'the close of another session',
      [openRecordFixture(), closeRecordFixture(1, { session: 'ses_0000000000000000' as never })],
      'session-mismatch',
    ],
    ['another log in its open record', recordsFixture(0, { logOrigin: 'gate.example/other' }), 'key-mismatch'],
  ] as const)('sealed by the log all the same, and refused: %s', ([, list, reason]) => {
    expect(sealed(list)).toMatchObject({ verified: false, reason })
  })

  test.for([
    ['the proof of another session', { entry: { session: 'ses_0000000000000000' as never } }, 'session-mismatch', 'log-entry'],
    ['another end', { entry: { endReason: 'expired' } }, 'session-mismatch', 'log-entry'],
    ['another number of records', { entry: { count: 9 } }, 'count-mismatch', 'session-root'],
    ['another root', { entry: { root: '0'.repeat(64) } }, 'root-mismatch', 'session-root'],
    ['an entry of another kind', { entry: { kind: 'session.open' as never } }, 'entry-malformed', 'log-entry'],
    ['the key of another gateway', { privateKey: fixtureKey(2) }, 'key-mismatch', 'checkpoint'],
    ['another origin', { origin: 'gate.example/other' }, 'key-mismatch', 'checkpoint'],
  ] as const)('a proof with %s', ([, options, reason, step]) => {
    const verification = verify(good, proofFixture(good, options))
    expect(verification).toMatchObject({ verified: false, reason })
    expect(verification.steps.find(({ outcome }) => outcome === 'failed')?.id).toBe(step)
  })

  test('an inclusion path to another tree', () => {
    const hashLine = goodProof.split('\n')[3] ?? ''
    const verification = verify(good, goodProof.replace(hashLine, base64Of(leafHash(Buffer.from('x')))))
    expect(verification).toMatchObject({ verified: false, reason: 'inclusion-mismatch' })
    expect(outcomes(verification)).toMatchObject({ records: 'passed', 'session-root': 'passed', checkpoint: 'passed' })
  })
  test('a forged signature', () => {
    const line = goodProof.split('\n').at(-2) ?? ''
    const forged = signNote('x\n', fixtureOrigin, fixtureKey(1)).split('\n').at(-2) ?? ''
    expect(verify(good, goodProof.replace(line, forged))).toMatchObject({ verified: false, reason: 'signature-invalid' })
  })
  test('a record that is not there', () => {
    expect(verify(good, goodProof, { seq: 10 })).toMatchObject({ verified: false, reason: 'record-missing', seq: 10 })
    expect(verify(good, goodProof, { seq: -1 })).toMatchObject({ verified: false, reason: 'record-missing' })
  })
  test.for(['', 'no key', fixtureVerifierKey.slice(0, -2)])('the key %j', (key) => {
    expect(verify(good, goodProof, { key })).toMatchObject({ verified: false, reason: 'key-mismatch' })
  })
  test('no proof at all', () => {
    const verification = verify(good, '')
    expect(verification).toMatchObject({ verified: false, reason: 'proof-malformed' })
    expect(outcomes(verification)).toEqual({
      records: 'passed',
      'session-root': 'skipped',
      'log-entry': 'failed',
      checkpoint: 'skipped',
      pinned: 'skipped',
    })
  })
})

describe('the pinned checkpoint', () => {
  const { leaves } = logLeavesFixture(good)
  const more = [...leaves, leafHash(Buffer.from('later')), leafHash(Buffer.from('later still'))]
  const pin = (list: readonly Uint8Array[]) => ({ size: list.length, root: base64Of(rootOf(list)) })
  const proofTo = (list: readonly Uint8Array[], from: number) => consistencyProof(list, from).map(base64Of)
  const forked = leaves.with(0, leafHash(Buffer.from('rewritten')))

  test.for([
    ['older', pin(leaves.slice(0, 6)), proofTo(leaves, 6)],
    ['the same', pin(leaves), undefined],
    ['newer', pin(more), proofTo(more, leaves.length)],
  ] as const)('%s: holds', ([, pinned, consistency]) => {
    const verification = verify(good, goodProof, { pinned, consistency })
    expect(verification).toMatchObject({ verified: true })
    expect(outcomes(verification)).toMatchObject({ pinned: 'passed' })
  })
  test.for([
    ['older, of a rewritten log', pin(forked.slice(0, 6)), proofTo(leaves, 6)],
    ['older, with the proof of the rewritten log', pin(forked.slice(0, 6)), proofTo(forked, 6)],
    ['the same size, of a rewritten log', pin(forked), undefined],
    ['newer, of a rewritten log', pin([...forked, ...more.slice(-2)]), proofTo(more, leaves.length)],
    ['older, with an empty proof', pin(leaves.slice(0, 6)), []],
    ['older, with a proof that is no base64', pin(leaves.slice(0, 6)), ['?']],
  ] as const)('%s: the log was forked', ([, pinned, consistency]) => {
    expect(verify(good, goodProof, { pinned, consistency })).toMatchObject({ verified: false, reason: 'log-forked' })
  })
  test('without a consistency proof the step is skipped, and says so', () => {
    const verification = verify(good, goodProof, { pinned: pin(leaves.slice(0, 6)) })
    expect(verification).toMatchObject({ verified: true })
    expect(verification.steps.at(-1)).toMatchObject({ outcome: 'skipped', sentence: expect.stringContaining('No consistency proof') })
  })
})

describe('witnesses', () => {
  const [one, other] = [20, 21].map((seed) => formatWitnessKey(witnessKeyOf(`witness.example/${seed}`, fixtureKey(seed))))
  const line = cosign(
    splitNote(goodProof.split('\n\n').slice(1).join('\n\n'))?.text ?? '',
    'witness.example/20',
    fixtureKey(20),
    new Date(1e12),
  )
  test('that are known are counted, with the time at which they saw the log', () => {
    const verification = verify(good, goodProof + line, { witnesses: [one!] })
    expect(verification).toMatchObject({ verified: true })
    expect(verification.steps[3]?.facts.at(-1)).toEqual({ label: 'witnesses', value: 'witness.example/20 at 2001-09-09T01:46:40.000Z' })
  })
  test.for<[string, string, string[]]>([
    ['it carries no cosignature', goodProof, [one!]],
    ['one of two is missing', goodProof + line, [one!, other!]],
    ['the key is none', goodProof + line, ['nonsense']],
    ['the cosignature is that of another checkpoint', proofFixture(good, { size: 14 }) + line, [one!]],
  ])('refused: %s', ([, proof, witnesses]) => {
    expect(verify(good, proof, { witnesses })).toMatchObject({ verified: false, reason: 'witness-missing' })
  })
})

describe('a key that was replaced', () => {
  const rotate = (from: number, to: number) =>
    Buffer.from(
      JSON.stringify({
        v: 1,
        at: '2026-11-19T14:00:00.000Z',
        kind: 'key.rotate',
        note: signRotation({ origin: fixtureOrigin, index: 2, from: fixtureKey(from), to: fixtureKey(to) }),
      }),
    )
  const proofOf = (entry: Buffer, signer: number) => {
    const leaves = logLeavesFixture(good).leaves.with(2, leafHash(entry))
    const checkpoint = signCheckpoint({ origin: fixtureOrigin, size: leaves.length, root: rootOf(leaves) }, fixtureKey(signer))
    return formatTlogProof({ entry, index: 2, hashes: inclusionProof(leaves, 2), checkpoint })
  }
  const byNewKey = proofFixture(good, { privateKey: fixtureKey(2) })

  test('leads to the one that signed, and the step says so', () => {
    const verification = verify(good, byNewKey, { rotations: [proofOf(rotate(1, 2), 2)] })
    expect(verification).toMatchObject({ verified: true })
    expect(verification.steps[3]?.facts.map(({ label }) => label)).toEqual(['origin', 'key', 'signed by'])
  })
  test.for<[string, string, string[] | undefined]>([
    ['no entry vouches for the new key', byNewKey, undefined],
    ['an entry vouches for another one', byNewKey, [proofOf(rotate(1, 3), 3)]],
    ['an entry replaces the key of somebody else', byNewKey, [proofOf(rotate(4, 2), 2)]],
    ['the entry is in a log that the new key did not sign', byNewKey, [proofOf(rotate(1, 2), 1)]],
    ['the key that was replaced signs on', goodProof, [proofOf(rotate(1, 2), 2)]],
    ['the proof of the entry is none', byNewKey, ['nonsense']],
  ])('is refused when %s', ([, proof, rotations]) => {
    const verification = verify(good, proof, rotations && { rotations })
    expect(verification).toMatchObject({ verified: false, reason: 'key-mismatch' })
    expect(verification.steps[3]?.outcome).toBe('failed')
  })
})

describe('any change is noticed', () => {
  const recordingBytes = Buffer.from(good)
  const proofBytes = Buffer.from(goodProof)
  const changed = (bytes: Buffer, place: number, value: number) => {
    const copy = Buffer.from(bytes)
    copy[place] = value
    return copy
  }

  test('every byte of the proof, to many values', () => {
    fc.assert(
      fc.property(fc.nat(proofBytes.length - 1), fc.nat(255), (place, value) => {
        fc.pre(proofBytes[place] !== value)
        expect(verify(good, changed(proofBytes, place, value).toString()).verified).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })
  test('every byte of the recording, to many values', () => {
    fc.assert(
      fc.property(fc.nat(recordingBytes.length - 1), fc.nat(255), (place, value) => {
        fc.pre(recordingBytes[place] !== value)
        expect(verify(changed(recordingBytes, place, value), goodProof).verified).toBe(false)
      }),
      { numRuns: 1500 },
    )
  })
  test('bytes taken out or put in', () => {
    fc.assert(
      fc.property(fc.nat(recordingBytes.length - 1), fc.uint8Array({ maxLength: 3 }), fc.nat(3), (place, put, take) => {
        const bytes = Buffer.concat([recordingBytes.subarray(0, place), put, recordingBytes.subarray(place + take)])
        fc.pre(!bytes.equals(recordingBytes))
        expect(verify(bytes, goodProof).verified).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
  test('no input makes it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.string(), fc.option(fc.integer()), (bytes, proof, key, seq) => {
        expect(verify(bytes, proof, { key, seq: seq ?? undefined, pinned: { size: 1, root: proof }, consistency: [key] }).verified).toBe(
          false,
        )
      }),
    )
  })
  test('deep nesting and huge numbers are malformed, not fatal', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}\n`
    expect(verify(deep, goodProof)).toMatchObject({ verified: false, reason: 'record-malformed' })
    expect(verify(good.replace('"seq":3', '"seq":1e999'), goodProof)).toMatchObject({ verified: false, reason: 'record-malformed' })
  })
})

describe('a session that the gateway went on with after a restart', () => {
  const resume = (seq: number, records = seq) => ({
    v: 1,
    seq,
    at: messageRecordFixture(seq).at,
    kind: 'resume',
    cause: 'gateway-crash',
    records,
    tornBytes: 12,
    unanswered: 1,
  })

  test('verifies like any other', () => {
    const list = [openRecordFixture(), messageRecordFixture(1), resume(2), messageRecordFixture(3), closeRecordFixture(4)]
    expect(sealed(list)).toMatchObject({ verified: true })
  })

  test('does not, if it says another number of records than stand before it', () => {
    const list = [openRecordFixture(), messageRecordFixture(1), resume(2, 3), closeRecordFixture(3)]
    expect(sealed(list)).toMatchObject({ verified: false, reason: 'record-sequence', seq: 2 })
  })

  test('does not, if the gateway found it altered, and says where', () => {
    const altered = (found: number) => {
      const close = closeRecordFixture(3, { endReason: 'recording-altered', altered: { intact: 2, logged: 9, found } })
      const list = [openRecordFixture(), messageRecordFixture(1), messageRecordFixture(2), close]
      return sealed(list, { entry: { endReason: 'recording-altered' } })
    }
    expect(altered(3)).toMatchObject({ verified: false, reason: 'recording-altered', seq: 2 })
    expect(altered(3).steps[0]?.sentence).toBe(
      'When the gateway was started again, it found 3 records of the 9 that it had logged. ' +
        'The first 2 are as they were: what was changed comes after them.',
    )
    expect(altered(9).steps[0]?.sentence).toContain('9 records that do not give the root that it had logged')
    // the log still proves what the gateway sealed
    expect(
      altered(3)
        .steps.map(({ outcome }) => outcome)
        .slice(1, 4),
    ).toEqual(['passed', 'passed', 'passed'])
  })
  test('does not, if it was closed by somebody else than the gateway', () => {
    const list = [openRecordFixture(), closeRecordFixture(1)]
    const verification = sealed(list, { entry: { endReason: 'recording-altered' } })
    expect(verification).toMatchObject({ verified: false, reason: 'recording-altered' })
    expect(verification.steps[2]?.sentence).toContain('it was not the recording whose roots had been logged')
  })
})
