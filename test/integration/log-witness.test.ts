import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runLogCheck } from '../../src-cli/commands/check-log.ts'
import { runEvidenceExport } from '../../src-cli/commands/export-evidence.ts'
import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { leafHash } from '../../src-core/log/merkle-hash.ts'
import { verifyInclusion } from '../../src-core/log/merkle-proof.ts'
import { parseTlogProof } from '../../src-core/log/tlog-proof.ts'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { checkStore } from '../../src-node/check-store.ts'
import { unzip } from '../fixtures/unzip.ts'
import { startWitness, type RunningWitness } from '../../src-cli/commands/witness.ts'
import { openCosignatures, parseWitnessKey } from '../../src-core/log/cosignature.ts'
import { startWitnesses, type Witnesses } from '../../src-gateway/state/witnesses.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'

/** other things run on this computer too: what must come comes, only not at once */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

/** A log and a witness as they run: the witness over HTTP, the log with its files. */
const origin = 'gate.example/log'
const { privateKey } = generateKeyPairSync('ed25519')
const silent = pino({ level: 'silent' })

let folder: string
let log: TransparencyLog
let witness: RunningWitness
let witnesses: Witnesses | undefined
let told: string[]

const open = (at = 'log', key = privateKey) => openLog({ folder: join(folder, at), origin, privateKey: key, clock: systemClock })
const append = (to = log) => to.append({ kind: 'gateway.start', gateway: 'g', version: '0' })
async function startOne(name = 'w1', logs = [log.verifierKey], port = 0): Promise<RunningWitness> {
  const config = join(folder, `${name}.yaml`)
  await writeFile(config, JSON.stringify({ listen: { port }, name: `witness.example/${name}`, data: name, logs }))
  return startWitness(config, pino({ level: 'warn' }, { write: (line: string) => void told.push(line) }))
}
async function ask(of: TransparencyLog, at: string, asked: readonly { url: string; verifierKey: string }[]): Promise<Witnesses> {
  const config = {
    folder: join(folder, at),
    origin,
    heartbeatMinutes: 10,
    publish: 'nothing' as const,
    witnesses: asked.map(({ url, verifierKey }) => ({ url, key: verifierKey })),
    witnessSeconds: 0.02,
  }
  return startWitnesses({ config, log: of, clock: systemClock, scheduler: systemScheduler, logger: silent })
}
const states = () => witnesses?.states().map(({ state }) => state)
const cosignersOf = (note: string | undefined, ...keys: string[]) =>
  openCosignatures(
    note ?? '',
    keys.flatMap((text) => {
      const parsed = parseWitnessKey(text)
      return parsed.ok ? [parsed.key] : []
    }),
  ).map((cosignature) => cosignature.witness)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'witness-'))
  told = []
  log = await open()
  await append()
  witness = await startOne()
})
afterEach(async () => {
  await witnesses?.close()
  witnesses = undefined
  await witness.close()
  await log.close()
  await rm(folder, { recursive: true, force: true })
})

test(
  'each new head of the log is cosigned, and what is published carries the cosignatures of all witnesses',
  { timeout: 60_000 },
  async () => {
    const second = await startOne('w2')
    witnesses = await ask(log, 'log', [witness, second])
    await eventually(() => cosignersOf(witnesses?.cosigned(), witness.verifierKey, second.verifierKey)).toHaveLength(2)
    for (let at = 0; at < 300; at += 1) await append()
    await eventually(() => witnesses?.cosigned()?.split('\n')[1]).toBe('301')
    expect(witnesses.states()).toMatchObject([
      { witness: 'witness.example/w1', state: 'cosigned', size: 301 },
      { witness: 'witness.example/w2', state: 'cosigned', size: 301 },
    ])
    expect(witnesses.cosigned()?.startsWith(log.checkpoint())).toBe(true)
    expect(await readFile(join(folder, 'log/checkpoint.cosigned'), 'utf8')).toBe(witnesses.cosigned())
    await second.close()
  },
)

test('who reads the log counts the witnesses that it knows: log check, and the verifier of a pack', async () => {
  const missing = await startOne('w2')
  for (let at = 0; at < 3; at += 1) await append()
  witnesses = await ask(log, 'log', [witness])
  await eventually(() => witnesses?.cosigned()).toBeDefined()
  await witnesses.close()
  for (let at = 0; at < 5; at += 1) await append()
  const findings = async (...keys: string[]) => {
    const given = { log: join(folder, 'log'), key: log.verifierKey, witness: keys, json: true }
    let printed = ''
    const stdout = new Writable({ write: (chunk: Buffer, _encoding, done) => ((printed += chunk.toString()), done()) })
    const exitCode = await runLogCheck({ ...given, stdout })
    return [exitCode, (JSON.parse(printed) as { findings: { sentence: string }[] }).findings.map(({ sentence }) => sentence)]
  }
  expect(await findings(witness.verifierKey)).toEqual([0, []])
  expect(await findings(witness.verifierKey, missing.verifierKey)).toEqual([1, ['It is not cosigned by witness.example/w2.']])

  const out = join(folder, 'pack.zip')
  const period = { from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z', seed: 's', sample: 1 }
  await mkdir(join(folder, 'recordings'))
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() })
  await runEvidenceExport({
    log: join(folder, 'log'),
    recordings: join(folder, 'recordings'),
    key: log.verifierKey,
    ...period,
    out,
    stdout,
  })
  await unzip(out, join(folder, 'pack'))
  const verify = (...keys: string[]) =>
    spawnSync(process.execPath, [join(folder, 'pack/verify/verify.mjs'), ...keys.flatMap((key) => ['--witness', key])], {
      encoding: 'utf8',
      env: {},
    })
  expect(verify(witness.verifierKey)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('witness.example/w1 cosigned the log on'),
  })
  expect(verify(missing.verifierKey)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('FAILED  log/cosigned.checkpoint: it is not cosigned by witness.example/w2'),
  })
  // a period long before: what was cosigned since is still a part of the same log
  const [first = ''] = (await readFile(join(folder, 'pack/log/entries.jsonl'), 'utf8')).split('\n')
  const { at } = JSON.parse(Buffer.from((JSON.parse(first) as { entry: string }).entry, 'base64').toString()) as { at: string }
  const second = new Date(Date.parse(at) + 1).toISOString()
  const early = { ...period, to: second, out: join(folder, 'early.zip') }
  await runEvidenceExport({ log: join(folder, 'log'), recordings: join(folder, 'recordings'), key: log.verifierKey, ...early, stdout })
  await unzip(early.out, join(folder, 'early-pack'))
  const { status, stdout: said } = spawnSync(process.execPath, [join(folder, 'early-pack/verify/verify.mjs')], {
    encoding: 'utf8',
    env: {},
  })
  expect([status, said]).toEqual([0, expect.stringContaining('the log continues log/cosigned.checkpoint')])
  await missing.close()
})

test('a log that was rolled back behind its own cosigned checkpoint is found without any witness', async () => {
  await append()
  await cp(join(folder, 'log'), join(folder, 'early'), { recursive: true })
  await append()
  witnesses = await ask(log, 'log', [witness])
  await eventually(() => witnesses?.cosigned()?.split('\n')[1]).toBe('3')
  await cp(join(folder, 'log/checkpoint.cosigned'), join(folder, 'early/checkpoint.cosigned'))
  const parsed = parseVerifierKey(log.verifierKey)
  if (!parsed.ok) throw new Error(parsed.problem)
  const { findings } = await checkStore({ log: join(folder, 'early') }, parsed.key)
  expect(findings).toMatchObject([{ code: 'log-rolled-back', place: 'entry 2' }])
})

test('proofs end in the cosigned checkpoint, so that who has only a recording can count the witnesses', async () => {
  for (let at = 0; at < 4; at += 1) await append()
  witnesses = await ask(log, 'log', [witness])
  await eventually(() => witnesses?.cosigned()?.split('\n')[1]).toBe('5')
  await witnesses.close()
  await append()
  const proofOf = async (index: number) => {
    const parsed = parseTlogProof(await log.tlogProof(index))
    if (!parsed.ok) throw new Error(parsed.problem)
    const { entry, hashes, checkpoint } = parsed.proof
    const head = readClaimedCheckpoint(checkpoint)
    const holds = head && verifyInclusion({ leaf: leafHash(entry), index, size: head.size, root: head.root, path: hashes })
    return [head?.size, holds, cosignersOf(checkpoint, witness.verifierKey)]
  }
  expect(await proofOf(1)).toEqual([5, true, ['witness.example/w1']])
  expect(await proofOf(5)).toEqual([6, true, []])
  // after a restart too; and a log that lost what was cosigned does not hand out proofs that end in it
  const again = await open()
  const asking = await ask(again, 'log', [witness])
  expect((await again.tlogProof(1)).split('\n\n')[1]?.split('\n')[1]).toBe('5')
  await asking.close()
  await again.close()
  await expect(log.cosigned(log.checkpoint().replace(/^[0-9]+$/m, '4'))).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
})

describe('a witness that is away', () => {
  test('holds up nothing, is told as such, and cosigns when it is back', async () => {
    const port = Number(new URL(witness.url).port)
    await witness.close()
    witnesses = await ask(log, 'log', [witness])
    await append()
    await eventually(states).toEqual(['away'])
    expect(await append()).toEqual({ index: 2 })
    expect(witnesses.cosigned()).toBeUndefined()
    witness = await startOne('w1', [log.verifierKey], port)
    await eventually(states).toEqual(['cosigned'])
    await eventually(() => cosignersOf(witnesses?.cosigned(), witness.verifierKey)).toEqual(['witness.example/w1'])
  })

  test('is one that answers with another key, or does not know the log', async () => {
    const stranger = await startOne('w2', [otherLog])
    witnesses = await ask(log, 'log', [{ url: witness.url, verifierKey: stranger.verifierKey }, stranger])
    await eventually(states).toEqual(['away', 'away'])
    const [, unknown] = witnesses.states()
    expect(unknown?.problem).toContain('it answers with 404')
    expect(witnesses.cosigned()).toBeUndefined()
    await stranger.close()
  })
  const otherLog = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
})

describe('refused, by a witness that remembers across its own restart:', () => {
  /** the log as the witness knows it has 5 entries; `early` is a copy of its first 3 */
  async function cosignFive(): Promise<void> {
    await append()
    await append()
    await cp(join(folder, 'log'), join(folder, 'early'), { recursive: true })
    await append()
    await append()
    const asking = await ask(log, 'log', [witness])
    await eventually(() => asking.cosigned()?.split('\n')[1]).toBe('5')
    await asking.close()
    await witness.close()
    witness = await startOne()
  }
  async function show(entries: number): Promise<void> {
    await cosignFive()
    const other = await open('early')
    for (let at = 0; at < entries; at += 1) await other.append({ kind: 'gateway.start', gateway: 'another history', version: '0' })
    witnesses = await ask(other, 'early', [witness])
    await eventually(states).toEqual(['refused'])
    await other.close()
  }

  test('a log that was rolled back', async () => {
    await show(1)
    expect(witnesses?.states()).toMatchObject([
      { problem: 'it cosigned this log with 5 entries, and the log has 4: entries were taken back' },
    ])
    expect(witnesses?.cosigned()).toBeUndefined()
  })
  test('a fork of the same size, with the evidence kept', async () => {
    await show(2)
    expect(witnesses?.states()[0]?.problem).toContain('two different trees of 5 entries carry its signature')
    const [kept = ''] = await readdir(join(folder, 'w1/refused'))
    expect(await readFile(join(folder, 'w1/refused', kept), 'utf8')).toContain(origin)
    expect(told.join('')).toContain('a log was refused: it showed two histories')
  })
  test('a fork that went on', async () => {
    await show(4)
    expect(witnesses?.states()[0]?.problem).toContain('is not shown to continue the one of 5')
  })
})

describe('over HTTP', () => {
  test.for<[string, string, RequestInit, number]>([
    ['no request', '/add-checkpoint', { method: 'POST', body: 'nonsense' }, 400],
    ['another method', '/add-checkpoint', {}, 405],
    ['another path', '/elsewhere', {}, 404],
    ['a body that never ends', '/add-checkpoint', { method: 'POST', body: 'x'.repeat(200_000) }, 413],
  ])('%s', async ([, path, request, status]) => {
    expect((await fetch(witness.url + path, request)).status).toBe(status)
  })
  test('it tells its key, and a size that is not the last one with the right one', async () => {
    expect(await (await fetch(`${witness.url}/`)).text()).toBe(`${witness.verifierKey}\n`)
    const response = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body: `old 1\n\n${log.checkpoint()}` })
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([409, 'text/x.tlog.size', '0\n'])
  })
})
