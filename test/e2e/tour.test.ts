/** The main job, end to end: what `npm run tour` does, and what an auditor can then do with its files. */
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'

const root = resolve(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tour-'))
const output = join(root, 'tour')
const exported = join(output, 'export')
let report = ''
let code: number | null = null

beforeAll(async () => {
  const tour = spawn(process.execPath, [join(root, 'demo', 'start.ts'), '--tour', '--data', join(folder, 'data')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [tour.stdout, tour.stderr]) stream.on('data', (chunk: Buffer) => (report += chunk.toString()))
  ;[code] = (await once(tour, 'close')) as [number | null]
  console.log(/The desktops run on .*/.exec(report)?.[0] ?? 'The tour did not get to its desktops.')
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the tour runs to its end', () => {
  expect({ code, report }).toMatchObject({ code: 0 })
})

test('it says on what it ran', () => {
  expect(report).toMatch(/The desktops run on (Electron|the project’s host on Chromium; this is not a pass on Electron)/)
})

test('its pictures tell the whole story', () => {
  const pictures = readdirSync(output).filter((file) => file.endsWith('.png'))
  const story = [
    'sign-in',
    'login',
    'connections',
    'session-start',
    'held-call',
    'inbox',
    'approve',
    'approved',
    'denied-call',
    'recordings',
    'replay',
    'proof',
  ]
  expect(story.filter((name) => !pictures.some((file) => file.endsWith(`-${name}.png`)))).toEqual([])
})

describe('the exported recording', () => {
  const files = () => {
    const names = readdirSync(exported)
    const find = (ending: string) => join(exported, names.find((name) => name.endsWith(ending)) ?? '')
    return { recording: find('.jsonl'), proof: find('.tlog-proof'), key: find('.pub') }
  }
  const verify = (recording: string, key: string) =>
    spawnSync(process.execPath, [join(root, 'src-cli', 'gatehouse.ts'), 'verify', recording, '--key', key], { encoding: 'utf8' })

  test('is accepted by gatehouse verify', () => {
    const { recording, key } = files()
    expect(verify(recording, key).status).toBe(0)
  })

  test('is refused by gatehouse verify after one byte is changed', () => {
    const { recording, proof, key } = files()
    const changed = join(folder, 'changed.jsonl')
    const bytes = readFileSync(recording)
    const middle = bytes.length >> 1
    bytes[middle] = bytes[middle]! ^ 1
    writeFileSync(changed, bytes)
    copyFileSync(proof, join(folder, 'changed.tlog-proof'))
    const refused = verify(changed, key)
    expect(refused.status).toBe(1)
    expect(refused.stdout + refused.stderr).not.toMatch(/\n\s+at /)
  })

  test('is refused wherever a byte is changed', () => {
    const { recording, proof, key } = files()
    const bytes = readFileSync(recording)
    const given = { proof: readFileSync(proof, 'utf8'), key: readFileSync(key, 'utf8').trim() }
    expect(verifyRecording({ recording: bytes, ...given }).verified).toBe(true)
    const positions = Array.from({ length: 200 }, (_, index) => Math.floor((index * (bytes.length - 1)) / 199))
    const accepted = positions.filter((position) => {
      const changed = Buffer.from(bytes)
      changed[position] = changed[position]! ^ (1 + (position % 255))
      return verifyRecording({ recording: changed, ...given }).verified
    })
    expect(accepted).toEqual([])
  })

  test('holds every kind of decision, masked values and the approval', () => {
    const text = readFileSync(files().recording, 'utf8')
    for (const part of ['"effect":"allow"', '"effect":"review"', '[MASKED:', '"event":"executed"', '"kind":"close"'])
      expect(text).toContain(part)
  })
})
