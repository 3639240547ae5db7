import { spawn } from 'node:child_process'
import { createPrivateKey, randomInt } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SessionId } from '../../src-protocol/ids.ts'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openLog } from '../../src-node/log-store.ts'
import { openRecordingStore } from '../../src-node/recording-store.ts'

const rounds = 10

interface Acknowledged {
  /** highest sequence number of each session */
  records: Map<string, Set<number>>
  /** log index → session */
  entries: Map<number, string>
}

/** Lets the load run until a random number of acknowledgements is reached, then kills it with no chance to tidy up. */
async function runUntilKilled(folder: string, round: number, acknowledged: Acknowledged): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'recording-load.ts'), folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const killAfter = randomInt(20, 1500)
  let seen = 0
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [kind = '', one = '', other = ''] = line.split(' ')
      if (kind === 'record') (acknowledged.records.get(one) ?? acknowledged.records.set(one, new Set()).get(one))?.add(Number(other))
      else acknowledged.entries.set(Number(one), other)
      seen += 1
    }
    if (seen >= killAfter) child.kill('SIGKILL')
  })
  const [, signal] = await new Promise<[number | null, string | null]>((resolve) => child.on('close', (code, by) => resolve([code, by])))
  expect(signal).toBe('SIGKILL')
}

test(
  `kill -9 at ${rounds} random moments: everything that was acknowledged is there, and every session can be sealed and proven`,
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crash-'))
    const acknowledged: Acknowledged = { records: new Map(), entries: new Map() }
    let recovered = 0
    for (let round = 0; round < rounds; round += 1) {
      await runUntilKilled(folder, round, acknowledged)

      const log = await openLog({
        folder: join(folder, 'log'),
        origin: 'gate.example/log',
        privateKey: createPrivateKey(await readFile(join(folder, 'key.pem'))),
        clock: systemClock,
      })
      for (const [index, session] of acknowledged.entries) {
        expect(JSON.parse(Buffer.from(await log.entry(index)).toString())).toMatchObject({ session })
      }

      const store = await openRecordingStore({ folder: join(folder, 'recordings'), clock: systemClock })
      for (const { session, writer, counts } of await store.recover()) {
        const seal = await writer.close({ endReason: 'gateway-crash', counts })
        const { index } = await log.append({ kind: 'session.close', session, ...seal })
        const text = await store.readText(session)
        const verification = verifyRecording({ recording: Buffer.from(text), proof: await log.tlogProof(index), key: log.verifierKey })
        expect(verification).toMatchObject({ verified: true })
        recovered += 1
      }
      for (const [session, seqs] of acknowledged.records) {
        const lines = (await store.readText(session as SessionId)).split('\n').slice(0, -1)
        const stored = new Set(lines.map((line) => (JSON.parse(line) as { seq: number }).seq))
        expect(seqs.isSubsetOf(stored)).toBe(true)
      }
      await store.close()
      await log.close()
    }
    // Six sessions are open at almost any moment: the kills did hit running ones.
    expect(recovered).toBeGreaterThan(rounds)
    expect(acknowledged.records.size).toBeGreaterThan(rounds)
    await rm(folder, { recursive: true })
  },
)
