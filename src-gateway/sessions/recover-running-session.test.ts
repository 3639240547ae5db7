import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import type { RecordingWriter } from '../../src-node/recording-writer.ts'
import {
  auditor,
  folder,
  state,
  log,
  recordings,
  index,
  store,
  session,
  crash,
  recover,
  wentOn,
  resume,
  numbered,
  logged,
  recorded,
  closed,
  expectSealed,
  useStores,
} from './recover-sessions.fixture.ts'

useStores()

describe('a session that ran', () => {
  const file = () => join(folder, 'recordings', 'open', `${session}.jsonl`)
  const word = (text: string) => ({ kind: 'error' as const, code: 'INTERNAL', message: text })

  /** Its server was started, and four records are written, of which the log knows. */
  async function running(): Promise<RecordingWriter> {
    const counter = await numbered()
    await logged(counter)
    const writer = await recorded(counter)
    await store.started(session)
    for (const text of ['one', 'two', 'three']) await writer.append(word(text))
    await log.append({ kind: 'session.checkpoint', session, ...(await writer.durable()) })
    return writer
  }

  const lines = async () => (await readFile(file(), 'utf8')).trimEnd().split('\n')

  async function expectAltered(altered: { intact: number; logged: number; found: number } | undefined): Promise<void> {
    expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
    expect(wentOn).toEqual([])
    const { summary, text, proof } = await index.handOut(session, auditor)
    expect(summary.endReason).toBe('recording-altered')
    expect(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ kind: 'close', ...(altered && { altered }) })
    expect(verifyRecording({ recording: Buffer.from(text), proof, key: log.verifierKey })).toMatchObject({
      verified: false,
      reason: 'recording-altered',
    })
    expect(await store.find(session)).toMatchObject({ state: 'ended', endReason: 'recording-altered' })
    expect(await store.unsealed()).toEqual([])
  }

  test('goes on where its recording ends, without the torn line', async () => {
    await running()
    await appendFile(file(), '{"v":1,"seq":4,"kind":"err')
    await crash()
    expect(await resume()).toEqual({ sealed: 0, resumed: 1 })
    const [interrupted] = wentOn
    expect(interrupted).toMatchObject({ cause: 'gateway-crash', row: { sign_in: 'sign-in', salt: '00' }, recording: { count: 4 } })
    expect(interrupted?.recording.tornBytes).toBeGreaterThan(0)
    await interrupted?.recording.writer.append(word('four'))
    const numbers = (await lines()).map((line) => (JSON.parse(line) as { seq: number }).seq)
    expect(numbers).toEqual([0, 1, 2, 3, 4])
  })

  test('and whose gateway was stopped, is told apart from a crash', async () => {
    await running()
    await store.stopped([session])
    await crash()
    await resume()
    expect(wentOn).toMatchObject([{ cause: 'gateway-stopped' }])
    await store.resumed(session)
    await crash()
    await resume()
    expect(wentOn.at(-1)).toMatchObject({ cause: 'gateway-crash' })
  })

  test('is sealed by a gateway that goes on with none', async () => {
    await running()
    await crash()
    expect(await recover()).toEqual({ sealed: 1, resumed: 0 })
    await expectSealed('gateway-crash')
  })

  test('whose server was never started, is sealed', async () => {
    const counter = await numbered()
    await logged(counter)
    await recorded(counter)
    await crash()
    expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
    await expectSealed('gateway-crash')
  })

  test('and has ended, does not run again', async () => {
    await running()
    await store.failed(session, '2026-11-22T16:30:00.000Z')
    await crash()
    expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
    await expectSealed('recording-unavailable')
  })

  test('and was being ended by somebody else, does not run again; who did it, and why, is known', async () => {
    await running()
    const by = { name: 'Jonas Lindqvist', reason: 'Not what the ticket says' }
    await store.ending(session, { reason: 'ended-by-reviewer', by })
    await crash()
    expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
    await expectSealed('ended-by-reviewer')
    expect(await store.find(session)).toMatchObject({ endedBy: by })
  })

  test('its salt is erased when it is sealed', async () => {
    await running()
    await crash()
    await recover()
    const row = await state.database.selectFrom('sessions').select('salt').where('id', '=', session).executeTakeFirstOrThrow()
    expect(row.salt).toBeNull()
  })

  describe('and whose recording is not the one of which the log knows, is sealed as altered', () => {
    test('records were cut off: a torn line does not excuse it', async () => {
      await running()
      await crash()
      await writeFile(file(), `${(await lines()).slice(0, 3).join('\n')}\n{"v":1,"se`)
      await expectAltered({ intact: 0, logged: 4, found: 3 })
    })

    test('and an earlier checkpoint tells what is as it was', async () => {
      const writer = await running()
      for (const text of ['four', 'five']) await writer.append(word(text))
      await log.append({ kind: 'session.checkpoint', session, ...(await writer.durable()) })
      await crash()
      await writeFile(file(), (await readFile(file(), 'utf8')).replace('five', 'nine'))
      await expectAltered({ intact: 4, logged: 6, found: 6 })
    })

    test('a record in the middle was taken out: what is left stays as it is', async () => {
      await running()
      await crash()
      await writeFile(file(), `${(await lines()).toSpliced(1, 1).join('\n')}\n`)
      await expectAltered({ intact: 0, logged: 4, found: 3 })
      expect(await recordings.readText(session)).toContain('three')
    })

    test('a word was changed', async () => {
      await running()
      await crash()
      await writeFile(file(), (await readFile(file(), 'utf8')).replace('two', 'owt'))
      await expectAltered({ intact: 0, logged: 4, found: 4 })
    })

    test('also if the state does not know the session any more', async () => {
      await running()
      await crash()
      await writeFile(file(), `${(await lines()).slice(0, 3).join('\n')}\n`)
      await state.database.deleteFrom('sessions').execute()
      expect(await resume()).toEqual({ sealed: 1, resumed: 0 })
      expect((await index.handOut(session, auditor)).summary.endReason).toBe('recording-altered')
    })

    test('the file is gone, or empty', async () => {
      await running()
      await crash()
      await writeFile(file(), '')
      await expectAltered({ intact: 0, logged: 4, found: 0 })
    })

    test('somebody closed it', async () => {
      await running()
      await crash()
      const close = { v: 1, seq: 1, at: '2026-11-22T16:30:00.000Z', kind: 'close', session, endReason: 'ended-by-operator' }
      const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
      await writeFile(file(), `${(await lines())[0]}\n${JSON.stringify({ ...close, counts })}\n`)
      await expectAltered(undefined)
    })

    test('and it was put among the finished ones', async () => {
      const writer = await running()
      await closed(writer)
      await crash()
      const finished = join(folder, 'recordings', session.slice(4, 6), `${session}.jsonl`)
      await writeFile(finished, (await readFile(finished, 'utf8')).replace('two', 'owt'))
      await expectAltered(undefined)
    })
  })
})
