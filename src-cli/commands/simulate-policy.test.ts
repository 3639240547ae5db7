import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordingText, recordsFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { policySimulation } from '../../src-protocol/simulation.ts'
import { runPolicySimulation } from './simulate-policy.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulate-'))
  mkdirSync(join(folder, 'recordings', '2026'), { recursive: true })
  writeFileSync(join(folder, 'recordings', '2026', 'a.jsonl'), recordingText(recordsFixture(6)))
  writeFileSync(join(folder, 'recordings', 'proof.txt'), 'not a recording')
  writeFileSync(join(folder, 'policy.yaml'), 'version: 1\nrules:\n  - { id: stop, match: {}, effect: deny, because: No more. }\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(recordings: string[], json = false) {
  let printed = ''
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString()
      done()
    },
  })
  const paths = recordings.map((name) => join(folder, name))
  return { exit: await runPolicySimulation({ file: join(folder, 'policy.yaml'), recordings: paths, json, stdout }), printed }
}

test('a folder of recordings is decided about again, and each change leads to its record', async () => {
  const { exit, printed } = await run(['recordings'])
  expect(exit).toBe(0)
  expect(printed).toMatch(
    /^3 messages of 1 sessions\n {7}3 {2}allow → deny\n\nses_abcdefghij012345 record 1: allow → deny \(stop\): Mira Okafor, orders-db, execute_sql\n/,
  )
})

test('as JSON it is what the gateway gives', async () => {
  const { printed } = await run(['recordings/2026/a.jsonl'], true)
  expect(policySimulation.parse(JSON.parse(printed)).changes).toHaveLength(3)
})

test('what is no recording, no policy or not there is told with its code', async () => {
  writeFileSync(join(folder, 'recordings', 'b.jsonl'), 'nonsense\n')
  await expect(run(['recordings'])).rejects.toMatchObject({ code: 'RECORDING_INVALID' })
  await expect(run(['nowhere'])).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  writeFileSync(join(folder, 'policy.yaml'), 'version: 3\n')
  expect(await run(['recordings/2026'])).toMatchObject({ exit: 1, printed: expect.stringContaining('version') })
})
