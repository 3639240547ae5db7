import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { verification } from '../../src-protocol/verification.ts'
import {
  fixtureKey,
  fixtureVerifierKey,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../src-core/recording/sealed-recording.fixture.ts'
import { runVerify, type VerifyOptions } from './verify.ts'

let folder: string
const text = recordingText(recordsFixture(4))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'))
  await writeFile(join(folder, 'a.jsonl'), text)
  await writeFile(join(folder, 'a.tlog-proof'), proofFixture(text))
  await writeFile(join(folder, 'log.pub'), `${fixtureVerifierKey}\n`)
})
afterEach(() => rm(folder, { recursive: true }))

async function run(options: Partial<VerifyOptions> = {}) {
  let printed = ''
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString()
      done()
    },
  })
  try {
    return { exit: await runVerify({ file: join(folder, 'a.jsonl'), key: fixtureVerifierKey, stdout, ...options }), printed }
  } catch (error) {
    return { exit: error instanceof AppError ? error.code : error, printed }
  }
}

describe('gatehouse verify', () => {
  test('a good recording: 0, and what was checked', async () => {
    const { exit, printed } = await run()
    expect(exit).toBe(0)
    expect(printed.split('\n')[0]).toBe(`verified: ${join(folder, 'a.jsonl')}`)
    expect(printed.match(/^ {2}passed/gm)).toHaveLength(4)
    expect(printed.match(/^ {2}skipped Pinned checkpoint/gm)).toHaveLength(1)
  })
  test('the key may lie in a file, the proof may have another name', async () => {
    await writeFile(join(folder, 'elsewhere'), proofFixture(text))
    await rm(join(folder, 'a.tlog-proof'))
    expect((await run({ key: join(folder, 'log.pub'), proof: join(folder, 'elsewhere') })).exit).toBe(0)
  })
  test('a changed recording: 1, and one line with reason and place', async () => {
    await writeFile(join(folder, 'a.jsonl'), text.replace('SELECT 3', 'SELECT 4'))
    const { exit, printed } = await run()
    expect(exit).toBe(1)
    expect(printed).toMatch(/^not verified: body-hash-mismatch \(records, record 3\): The body of record 3 .*\n$/)
  })
  test('another gateway’s proof: 1', async () => {
    await writeFile(join(folder, 'a.tlog-proof'), proofFixture(text, { privateKey: fixtureKey(2) }))
    const { exit, printed } = await run()
    expect(exit).toBe(1)
    expect(printed).toMatch(/^not verified: key-mismatch \(checkpoint\): /)
  })
  test('an evidence pack: its own verifier is named', async () => {
    await writeFile(join(folder, 'q3.zip'), Buffer.from('PK\u0003\u0004 and more'))
    expect((await run({ file: join(folder, 'q3.zip') })).exit).toBe('PACK_NOT_RECORDING')
  })
  test('as JSON: the whole verification, good or bad', async () => {
    const good = await run({ json: true })
    expect(verification.parse(JSON.parse(good.printed))).toMatchObject({ verified: true })
    await writeFile(join(folder, 'a.jsonl'), text.slice(0, -1))
    const bad = await run({ json: true })
    expect(bad.exit).toBe(1)
    expect(verification.parse(JSON.parse(bad.printed))).toMatchObject({ verified: false, reason: 'record-malformed' })
  })
  test.for([
    ['no recording', { file: '/nowhere.jsonl' }, 'FILE_UNREADABLE'],
    ['no proof', { proof: '/nowhere.tlog-proof' }, 'FILE_UNREADABLE'],
    ['no key', { key: '/nowhere.pub' }, 'FILE_UNREADABLE'],
    ['neither a key nor a file', { key: 'nonsense' }, 'KEY_INVALID'],
    ['a key with a mistake', { key: `${fixtureVerifierKey}x` }, 'KEY_INVALID'],
  ] as const)('nothing can be checked: %s', async ([, options, code]) => {
    expect(await run(options)).toEqual({ exit: code, printed: '' })
  })
  test('a file in the place of the key that holds none', async () => {
    expect((await run({ key: join(folder, 'a.jsonl') })).exit).toBe('KEY_INVALID')
  })
  test('a proof without end is not read', async () => {
    await writeFile(join(folder, 'a.tlog-proof'), Buffer.alloc(1024 * 1024 + 1))
    expect((await run()).exit).toBe('PROOF_FILE_INVALID')
  })
})
