import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signedVoteText, verifyReviewerSignature } from '../../src-core/approval/vote-signature.ts'
import { openReviewerKey, type SecretStore } from './reviewer-key.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-key-'))
  file = join(folder, 'reviewer-key.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Enough to see what goes in and comes out; the real one is the system's. */
const store = (secret: number): SecretStore => {
  const turn = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ secret))
  return {
    seal: (text) => turn(Buffer.from(`sealed ${text}`)),
    open(sealed) {
      const text = turn(sealed).toString()
      if (!text.startsWith('sealed ')) throw new Error('not sealed here')
      return text.slice(7)
    },
  }
}

test('there is no key, and no file, until somebody asks for one', () => {
  const key = openReviewerKey(file, undefined)
  expect(key.text).toBeUndefined()
  expect(key.sign('a text')).toBeUndefined()
  expect(() => statSync(file)).toThrow('ENOENT')
})

test.each([
  ['sealed by the system', store(0x5a)],
  ['readable by this user only', undefined],
])('what it signed fits its public key, also after a restart; it is %s', (_, secrets) => {
  const first = openReviewerKey(file, secrets)
  first.create()
  const { text } = first
  first.create()
  const again = openReviewerKey(file, secrets)
  expect(again.text).toBe(text)
  expect(again.sealed).toBe(secrets !== undefined)
  expect(readFileSync(file, 'utf8').includes('PRIVATE KEY')).toBe(secrets === undefined)
  expect(statSync(file).mode & 0o777).toBe(0o600)

  const approval = { id: 'apr_0123456789abcdef', digest: 'a'.repeat(64) }
  const vote = { person: { sub: 'anna', name: 'Anna' }, decision: 'approve' as const, reason: '', at: '2026-11-22T10:00:00.000Z' }
  const signed = { ...vote, signature: '', key: {}, reviewer: again.sign(signedVoteText(approval, vote)) }
  expect(signed.reviewer?.key).toBe(text)
  expect(verifyReviewerSignature(approval, signed)).toBe(true)
  expect(verifyReviewerSignature({ ...approval, digest: 'b'.repeat(64) }, signed)).toBe(false)
})

test('a key that cannot be opened is not replaced by another one', () => {
  openReviewerKey(file, store(0x5a)).create()
  expect(() => openReviewerKey(file, store(0x5b))).toThrow('this computer can open')
  expect(() => openReviewerKey(file, undefined)).toThrow('not there')
  writeFileSync(file, '{"v":1}')
  expect(() => openReviewerKey(file, undefined)).toThrow('this computer can open')
})
