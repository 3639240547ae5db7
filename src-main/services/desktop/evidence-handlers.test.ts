import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { GatewayApi } from '../gateway-api.ts'
import { evidenceHandlers } from './evidence-handlers.ts'

/** Against the gateway itself: test/integration/gateway-evidence-packs.test.ts. */
const zip = Buffer.from('not really a zip, but every byte of it counts')
const request = { from: '2026-07-01T00:00:00.000Z', to: '2026-10-01T00:00:00.000Z', seed: 'words', sampleSize: 2 }
const name = 'evidence-2026-07-01-to-2026-09-30-abababab.zip'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evidence-handlers-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function exporting(options: { sha256?: string; chosen?: string; failAt?: number } = {}) {
  const asked: string[] = []
  const answers: Record<string, (input: { offset: number }) => unknown> = {
    logCheckpoint: () => ({ note: '', key: 'the key' }),
    makePack: () => ({
      id: 'pck_abcdefghij012345',
      bytes: zip.length,
      sha256: options.sha256 ?? createHash('sha256').update(zip).digest('hex'),
      manifest: 'ab'.repeat(32),
      logIndex: 1,
      entries: 1,
      sessions: 1,
      sample: 1,
      expiresAt: request.to,
    }),
    packPart({ offset }) {
      if (offset === options.failAt) throw new AppError('GATEWAY_UNREACHABLE', { gateway: 'gate' })
      const next = offset + 10
      return { part: zip.subarray(offset, next).toString('base64'), ...(next < zip.length && { next }) }
    },
  }
  const api = {
    async call(route: string, input: { offset: number }) {
      asked.push(route)
      return answers[route]?.(input)
    },
  } as unknown as GatewayApi
  const handlers = evidenceHandlers({ api: () => api, chooseFolder: async () => ('chosen' in options ? options.chosen : folder) })
  return { asked, done: handlers['evidence:export'](request) }
}

test('a pack is written part by part, and told with the key to check it by', async () => {
  expect(await exporting().done).toMatchObject({ file: join(folder, name), key: 'the key', pack: { bytes: zip.length } })
  expect(readFileSync(join(folder, name))).toEqual(zip)
})

test('whoever cancels the choice of a folder exports nothing', async () => {
  const { asked, done } = exporting({ chosen: undefined as unknown as string })
  expect(await done).toEqual({})
  expect(asked).toEqual([])
})

test.for([
  ['its hash is another one', { sha256: 'cd'.repeat(32) }, 'FILE_UNWRITABLE'],
  ['the gateway goes away in the middle', { failAt: 20 }, 'GATEWAY_UNREACHABLE'],
] as const)('nothing stays of a pack when %s', async ([, options, code]) => {
  await expect(exporting(options).done).rejects.toMatchObject({ code })
  expect(readdirSync(folder)).toEqual([])
})

test('a file that is there already stays', async () => {
  writeFileSync(join(folder, name), 'mine')
  await expect(exporting().done).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  expect(readFileSync(join(folder, name), 'utf8')).toBe('mine')
})
