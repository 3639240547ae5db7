import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixtureVerifierKey, proofFixture, recordingText, recordsFixture } from '../../src-core/recording/sealed-recording.fixture.ts'

let folder: string
const text = recordingText(recordsFixture(4))
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  await writeFile(join(folder, 'good.jsonl'), text)
  await writeFile(join(folder, 'good.tlog-proof'), proofFixture(text))
  await writeFile(join(folder, 'bad.jsonl'), text.replace('orders-db', 'orders-dc'))
})
afterAll(() => rm(folder, { recursive: true }))

function gatehouse(...args: string[]): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src-cli/gatehouse.ts'), ...args], { cwd: folder })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (exit) => resolve({ exit, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }))
  })
}

test.for([
  ['a good recording', ['verify', 'good.jsonl', '--key', fixtureVerifierKey], 0, /^verified: good\.jsonl\n/, /^$/],
  [
    'a changed one',
    ['verify', 'bad.jsonl', '--proof', 'good.tlog-proof', '--key', fixtureVerifierKey],
    1,
    /^not verified: root-mismatch \(session-root\): .*\n$/,
    /^$/,
  ],
  ['a proof that is not there', ['verify', 'bad.jsonl', '--key', fixtureVerifierKey], 2, /^$/, /^FILE_UNREADABLE: .* — .*\n$/],
  ['a key that is none', ['verify', 'good.jsonl', '--key', 'a+b+c'], 2, /^$/, /^KEY_INVALID: .* — .*\n$/],
  ['no key', ['verify', 'good.jsonl'], 2, /^$/, /required option '--key <key>'[^]*\(gatehouse verify --help shows/],
  ['nothing that a command below a command needs', ['log', 'check'], 2, /^$/, /\(gatehouse log check --help shows/],
  ['its version', ['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  ['an address that is none', ['connect', 'x', '--gateway', 'gate.acme', '--reason', 'INC-1'], 2, /^$/, /It is an address, such as/],
  ['an unknown option', ['verify', 'good.jsonl', '--key', 'k', '--force'], 2, /^$/, /unknown option '--force'/],
  ['an unknown command', ['nonsense'], 2, /^$/, /unknown command 'nonsense'/],
  ['help', ['--help'], 0, /gateway[^]*agent[^]*connect[^]*verify/, /^$/],
  ['help of a command', ['help', 'verify'], 0, /Exit code: 0 verified, 1 not verified, 2/, /^$/],
  ['a service without its configuration', ['agent', '--config', 'nowhere.yaml'], 2, /^$/, /^CONFIG_UNREADABLE: .* — .*\n$/],
  ['minutes that are none', ['connect', 'x', '--gateway', 'http://127.0.0.1:1', '--minutes', '0'], 2, /^$/, /whole number of minutes/],
] as const)('gatehouse with %s', async ([, args, exit, stdout, stderr]) => {
  const result = await gatehouse(...args)
  expect(result).toMatchObject({ exit, stdout: expect.stringMatching(stdout), stderr: expect.stringMatching(stderr) })
  expect(result.stderr).not.toContain('    at ')
})
