import { expect, test } from 'vitest'
import type { DownloadsState } from '../../../src-protocol/downloads.ts'
import { downloadTitle } from './download-words.ts'

const downloads: DownloadsState = {
  state: 'idle',
  recordings: { total: 3, done: 2, failed: 1 },
  bytes: { total: 0, done: 0 },
  unsearched: 0,
  failures: [],
}

test('what failed is in the sentence, and a pause that nobody asked for is not called one', () => {
  expect(downloadTitle(downloads)).toBe('2 recordings downloaded and verified, 1 not.')
  expect(downloadTitle({ ...downloads, state: 'paused' })).toBe('The downloads are paused.')
  const problem = { code: 'DISK_FULL', message: '', remedy: '' }
  expect(downloadTitle({ ...downloads, state: 'paused', problem })).toBe('The downloads stopped.')
})
