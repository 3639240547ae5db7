import type { Page } from 'playwright-core'
import { fakeSessionId, ordersSession } from '../fakes/fake-recordings.ts'
import type { PageUnderTest } from './pages.ts'

const altered = fakeSessionId(5)
const replay = `/recordings/${ordersSession}`

async function press(page: Page, key: string, times: number): Promise<void> {
  for (let pressed = 0; pressed < times; pressed += 1) await page.keyboard.press(key)
}

/** Pages of recordings: library, replay, proof, comparison. */
export const recordingPages: readonly PageUnderTest[] = [
  { name: 'replay', path: `${replay}?seq=84`, as: 'helene' },
  { name: 'replay-start', path: replay, as: 'helene' },
  { name: 'replay-too-much', path: replay, as: 'helene', scenario: 'too-much' },
  { name: 'replay-loading', path: replay, as: 'helene', scenario: 'loading' },
  {
    name: 'replay-search',
    path: `${replay}?seq=84`,
    as: 'helene',
    prepare: async (page) => {
      await page.keyboard.press('/')
      await page.keyboard.type('customers')
      await page.getByText(/\d+ of \d+/).waitFor()
      await press(page, 'Enter', 2)
    },
  },
]
