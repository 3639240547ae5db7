import type { Page } from 'playwright-core'
import { fakeSessionId, ordersSession } from '../fakes/fake-recordings.ts'
import type { PageUnderTest } from './page-under-test.ts'

const altered = fakeSessionId(5)
const replay = `/recordings/${ordersSession}`

async function press(page: Page, key: string, times: number): Promise<void> {
  for (let pressed = 0; pressed < times; pressed += 1) await page.keyboard.press(key)
}

const at = (path: string, seq: number): string => `${path}?seq=${seq}`

/** Searches the gateway and downloads what matches; the double stands still in the middle. */
async function downloadAll(page: Page): Promise<void> {
  await page.getByRole('searchbox').fill('refunds')
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await page.getByRole('button', { name: 'Download all that match' }).click()
  await page.getByText('were not downloaded').click()
}

/** Pages of recordings: library, search, replay, proof, comparison. */
export const recordingPages: readonly PageUnderTest[] = [
  { name: 'recordings', path: '/recordings', as: 'helene' },
  {
    name: 'recordings-selected',
    path: '/recordings',
    as: 'helene',
    prepare: async (page) => {
      for (const row of [3, 6, 12]) await page.getByRole('row').nth(row).getByRole('checkbox').check()
      await page.getByRole('button', { name: 'Verify 2' }).click()
      await page.getByText('2 verified').or(page.getByText('1 fails')).waitFor()
    },
  },
  { name: 'recordings-downloads', path: '/recordings/search', as: 'helene', prepare: downloadAll },
  { name: 'recordings-downloads-full', path: '/recordings/search', as: 'helene', scenario: 'too-much', prepare: downloadAll },
  { name: 'recordings-search', path: '/recordings/search', as: 'helene' },
  {
    name: 'recordings-search-found',
    path: '/recordings/search',
    as: 'helene',
    prepare: async (page) => {
      const words = page.getByRole('searchbox', { name: 'Words in messages' })
      await words.fill('refund')
      await words.press('Enter')
      await page.getByText('so far').waitFor()
    },
  },
  { name: 'recordings-offline', path: '/recordings', as: 'helene', scenario: 'offline' },
  { name: 'recordings-empty', path: '/recordings', as: 'helene', scenario: 'empty' },
  { name: 'recordings-too-much', path: '/recordings', as: 'helene', scenario: 'too-much' },
  { name: 'recordings-error', path: '/recordings', as: 'helene', scenario: 'error' },
  { name: 'recordings-loading', path: '/recordings', as: 'helene', scenario: 'loading' },
  {
    name: 'recordings-no-match',
    path: '/recordings',
    as: 'helene',
    prepare: async (page) => {
      await page.getByRole('searchbox').fill('nothing like this')
      await page.getByText('No recording matches').waitFor()
    },
  },
  {
    name: 'recordings-menu',
    path: '/recordings',
    as: 'helene',
    prepare: (page) => page.getByRole('button', { name: 'Proof: all' }).click(),
  },
  {
    name: 'recordings-messages',
    path: '/recordings',
    as: 'helene',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Messages' }).click()
      await page.getByRole('searchbox').fill('refunds')
      await page.getByText('messages, the newest session first').waitFor()
    },
  },
  { name: 'replay', path: at(replay, 84), as: 'helene' },
  { name: 'replay-start', path: replay, as: 'helene' },
  { name: 'replay-held', path: at(replay, 77), as: 'helene' },
  { name: 'replay-picture', path: at(replay, 138), as: 'helene' },
  { name: 'replay-hostile', path: at(replay, 96), as: 'helene' },
  {
    name: 'replay-table',
    path: at(replay, 84),
    as: 'helene',
    prepare: (page) => page.getByRole('button', { name: 'Table' }).click(),
  },
  {
    name: 'replay-text',
    path: at(replay, 84),
    as: 'helene',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Text' }).click()
      await page.getByRole('button', { name: 'Show raw' }).click()
    },
  },
  { name: 'replay-altered', path: `/recordings/${altered}`, as: 'helene' },
  { name: 'replay-too-much', path: at(`/recordings/${fakeSessionId(100)}`, 50_001), as: 'helene', scenario: 'too-much' },
  { name: 'replay-not-here', path: replay, as: 'helene', scenario: 'too-much' },
  { name: 'replay-loading', path: replay, as: 'helene', scenario: 'loading' },
  {
    name: 'replay-search',
    path: at(replay, 84),
    as: 'helene',
    prepare: async (page) => {
      await page.keyboard.press('/')
      await page.keyboard.type('customers')
      await page.getByText(/^\d+ of 214/).waitFor()
      await press(page, 'Enter', 2)
    },
  },
  { name: 'compare', path: `/compare/${ordersSession}/${fakeSessionId(1)}`, as: 'helene' },
  { name: 'compare-loading', path: `/compare/${ordersSession}/${fakeSessionId(1)}`, as: 'helene', scenario: 'loading' },
  { name: 'proof', path: at(`${replay}/proof`, 88), as: 'helene' },
  { name: 'proof-recording', path: `${replay}/proof`, as: 'helene' },
  { name: 'proof-failed', path: at(`/recordings/${altered}/proof`, 88), as: 'helene' },
  { name: 'proof-record-named', path: `/recordings/${fakeSessionId(16)}/proof`, as: 'helene' },
  { name: 'proof-unpinned', path: `/recordings/${fakeSessionId(8)}/proof`, as: 'helene' },
  { name: 'proof-log-rewritten', path: `${replay}/proof`, as: 'helene', scenario: 'alarm' },
  { name: 'proof-offline', path: at(`/recordings/${altered}/proof`, 88), as: 'helene', scenario: 'offline' },
  { name: 'proof-loading', path: `${replay}/proof`, as: 'helene', scenario: 'loading' },
]
