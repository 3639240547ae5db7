import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { hexOf, leafHash } from './merkle-hash.ts'
import { formatVerifierKey, openNote, parseVerifierKey, signNote, verifierKeyOf } from './signed-note.ts'
import { entriesPath, formatEntries, parseEntries, parseTile, tilePath } from './tile.ts'
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts'

/** The key of the Go note package's documentation: name, verifier key, and the seed of its private half. */
const goVerifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const goNote =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'

const origin = 'gate.example/log'
const { privateKey } = generateKeyPairSync('ed25519')
const key = verifierKeyOf(origin, privateKey)
const root = leafHash(Buffer.from('entry'))
const note = signCheckpoint({ origin, size: 1, root }, privateKey)

describe('verifier keys', () => {
  test('round trip', () => {
    expect(parseVerifierKey(formatVerifierKey(key))).toEqual({ ok: true, key })
  })
  test.for([
    ['nothing', ''],
    ['an id of another key', formatVerifierKey({ ...key, id: Buffer.from('00000000', 'hex') })],
    ['another name', formatVerifierKey(key).replace('gate', 'gatf')],
    ['another type', goVerifier.replace('+ARpc', '+AhpC')],
    ['a key cut short', goVerifier.slice(0, -4)],
    ['a space in the name', goVerifier.replace('Peter', 'Peter ')],
    ['a line feed at the end', `${goVerifier}\n`],
    ['base64 that is not canonical', goVerifier.replace(/W$/, 'W=')],
  ] as const)('refused: %s', ([, text]) => {
    expect(parseVerifierKey(text).ok).toBe(false)
  })
  test('only Ed25519 keys sign', () => {
    expect(() => verifierKeyOf(origin, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).toThrow(TypeError)
    expect(() => verifierKeyOf('two words', privateKey)).toThrow(TypeError)
  })
})

describe('signed notes', () => {
  const parsed = parseVerifierKey(goVerifier)
  if (!parsed.ok) throw new Error(parsed.problem)

  test('a note of the Go implementation opens', () => {
    expect(openNote(goNote, parsed.key)).toMatchObject({ ok: true, text: goNote.slice(0, goNote.indexOf('\n\n') + 1) })
  })
  test('signing is deterministic: the known seed gives the known signature', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const rfc8032 = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    expect(hexOf(verifierKeyOf('x', rfc8032).publicKey)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    expect(signNote('text\n', 'x', rfc8032)).toBe(signNote('text\n', 'x', rfc8032))
  })
  test('signatures by other keys and of other types are ignored', () => {
    const other = signNote('ignored\n', 'witness.example', generateKeyPairSync('ed25519').privateKey).split('\n').at(-2)
    const sameName = signNote('ignored\n', origin, generateKeyPairSync('ed25519').privateKey).split('\n').at(-2)
    expect(openNote(`${note}${other}\n${sameName}\n`, key)).toMatchObject({ ok: true, signatures: 3 })
  })
  test('a second signature by the same key has to hold too', () => {
    const wrong = signNote('something else\n', origin, privateKey).split('\n').at(-2)
    expect(openNote(`${note}${wrong}\n`, key)).toEqual({ ok: false, reason: 'signature-invalid' })
  })
  test.for([
    ['by nobody we know', goNote, 'unknown-key'],
    ['with another text', note.replace('\n1\n', '\n2\n'), 'signature-invalid'],
    ['without a signature', note.slice(0, note.indexOf('\n\n') + 2), 'malformed'],
    ['with a carriage return', note.replace('\n1\n', '\r\n1\n'), 'malformed'],
    ['with a hyphen instead of the dash', note.replace('—', '-'), 'malformed'],
    ['without its last line feed', note.slice(0, -1), 'malformed'],
    ['with something after it', `${note}\nx`, 'malformed'],
    ['that never ends', note + 'x'.repeat(200_000) + '\n', 'malformed'],
  ] as const)('refused: a note %s', ([, text, reason]) => {
    expect(openNote(text, key)).toEqual({ ok: false, reason })
  })
})

describe('checkpoints', () => {
  test('round trip', () => {
    expect(openCheckpoint(note, key)).toEqual({ ok: true, checkpoint: { origin, size: 1, root }, signatures: 1 })
    expect(note.split('\n').slice(0, 4)).toEqual([origin, '1', Buffer.from(root).toString('base64'), ''])
  })
  test.for([
    ['a size with a leading zero', `${origin}\n01\n${Buffer.from(root).toString('base64')}\n`],
    ['a size beyond exact numbers', `${origin}\n9007199254740993\n${Buffer.from(root).toString('base64')}\n`],
    ['a root of 31 bytes', `${origin}\n1\n${Buffer.from(root.subarray(1)).toString('base64')}\n`],
    ['no root', `${origin}\n1\n`],
    ['an empty extension line', `${origin}\n1\n${Buffer.from(root).toString('base64')}\n\nx\n`],
  ] as const)('refused although signed: %s', ([, text]) => {
    expect(openCheckpoint(signNote(text, origin, privateKey), key)).toEqual({ ok: false, reason: 'malformed' })
  })
  test('refused: the origin of another log, signed by this key', () => {
    const foreign = `gate.example/other\n1\n${Buffer.from(root).toString('base64')}\n`
    expect(openCheckpoint(signNote(foreign, origin, privateKey), key)).toEqual({ ok: false, reason: 'origin-mismatch' })
  })
})

describe('tiles', () => {
  test.for([
    [tilePath(0, 0), 'tile/0/000'],
    [tilePath(1, 1_234_067), 'tile/1/x001/x234/067'],
    [tilePath(0, 273, 112), 'tile/0/273.p/112'],
    [tilePath(2, 1000, 1), 'tile/2/x001/000.p/1'],
    [entriesPath(1234), 'tile/entries/x001/234'],
    [entriesPath(5, 17), 'tile/entries/005.p/17'],
  ] as const)('%s', ([path, expected]) => {
    expect(path).toBe(expected)
  })
  test('bundles: round trip, big-endian length', () => {
    const entries = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(65_535, 1)]
    const bundle = formatEntries(entries)
    expect([...bundle.subarray(0, 5)]).toEqual([0, 0, 0, 1, 97])
    expect(parseEntries(bundle)?.map((entry) => entry.length)).toEqual([0, 1, 65_535])
    expect(() => formatEntries([Buffer.alloc(65_536)])).toThrow(RangeError)
  })
  test.for([
    ['half a length', Buffer.of(0)],
    ['an entry cut short', Buffer.of(0, 2, 1)],
    ['257 entries', Buffer.alloc(257 * 2)],
  ] as const)('refused: a bundle with %s', ([, bytes]) => {
    expect(parseEntries(bytes)).toBeUndefined()
  })
  test.for([
    ['empty', 0],
    ['with half a hash', 48],
    ['wider than 256', 257 * 32],
  ] as const)('refused: a tile %s', ([, length]) => {
    expect(parseTile(Buffer.alloc(length))).toBeUndefined()
  })
})

describe('tlog-proof', () => {
  const proof = { entry: Buffer.from('{"v":1}'), index: 73_894, hashes: [root, root], checkpoint: note }
  const text = formatTlogProof(proof)

  test('round trip in the published form', () => {
    expect(parseTlogProof(text)).toEqual({ ok: true, proof })
    expect(text.split('\n').slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'extra eyJ2IjoxfQ==', 'index 73894'])
    expect(text.endsWith(`\n\n${note}`)).toBe(true)
  })
  test('no path at all: the only entry of a log', () => {
    expect(parseTlogProof(formatTlogProof({ ...proof, index: 0, hashes: [] }))).toMatchObject({ ok: true, proof: { index: 0, hashes: [] } })
  })
  test.for([
    ['another version', text.replace('@v1', '@v2'), 'first line'],
    ['no entry', text.replace(/extra .*\n/, ''), 'extra'],
    ['an empty entry', text.replace(/extra .*\n/, 'extra \n'), 'extra'],
    ['base64 that is not canonical', text.replace('eyJ2IjoxfQ==', 'eyJ2IjoxfR=='), 'extra'],
    ['a leading zero', text.replace('index ', 'index 0'), 'index'],
    ['a negative index', text.replace('index ', 'index -'), 'index'],
    ['a short hash', text.replace(/^(index .*\n)/m, '$1AAAA\n'), 'hash 1'],
    ['no checkpoint', text.split('\n\n')[0] ?? '', 'empty line'],
    ['64 hashes', formatTlogProof({ ...proof, hashes: Array.from({ length: 64 }, () => root) }), 'more than'],
  ] as const)('refused: %s', ([, broken, problem]) => {
    const parsed = parseTlogProof(broken)
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(problem) })
  })
})
