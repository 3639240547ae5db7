/** Writes to one recording store, in many sessions at once, as fast as it can, until it is killed. Tells on standard output what it was told is durable. */
import { writeSync } from 'node:fs'
import { generateKeyPairSync, createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openLog } from '../../src-node/log-store.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { openRecordingStore, type RecordingStore } from '../../src-node/recording-store.ts'

const [folder = '', round = '0'] = process.argv.slice(2)
const keyFile = join(folder, 'key.pem')
if (!existsSync(keyFile)) writeFileSync(keyFile, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }))

const store = await openRecordingStore({ folder: join(folder, 'recordings'), clock: systemClock })
const log = await openLog({
  folder: join(folder, 'log'),
  origin: 'gate.example/log',
  privateKey: createPrivateKey(readFileSync(keyFile)),
  clock: systemClock,
})

/** One system call, so that what the reader sees is what had been acknowledged, whenever the end comes. */
const tell = (...facts: (string | number)[]): void => void writeSync(1, `${facts.join(' ')}\n`)

await Promise.all(Array.from({ length: 6 }, (_, lane) => runLane(store, lane)))

async function runLane(recordings: RecordingStore, lane: number): Promise<void> {
  for (let number = 0; ; number += 1) {
    const {
      v: _v,
      seq: _seq,
      at: _at,
      ...open
    } = openRecordFixture({ session: newSessionId(), counter: Number(round) * 1_000_000 + lane * 10_000 + number })
    const writer = await recordings.create(open)
    const { index } = await log.append({
      kind: 'session.open',
      session: open.session,
      counter: open.counter,
      person: open.person.sub,
      connection: open.connection,
      policyVersion: open.policyVersion,
      maskingVersion: open.maskingVersion,
    })
    tell('record', open.session, 0)
    tell('log', index, open.session)
    for (let burst = 0; burst < 12; burst += 1) {
      await Promise.all(
        Array.from({ length: 1 + ((burst * 7 + lane) % 9) }, async (_, at) => {
          const { v: _version, seq: _place, at: _time, ...message } = messageRecordFixture(burst * 9 + at + 1)
          const seq = await writer.append(message)
          tell('record', open.session, seq)
        }),
      )
    }
    const seal = await writer.close({ endReason: 'ended-by-operator', counts: { allowed: 0, masked: 0, held: 0, denied: 0 } })
    tell('record', open.session, seal.count - 1)
    const logged = await log.append({ kind: 'session.close', session: open.session, ...seal })
    tell('log', logged.index, open.session)
  }
}
