import type { Page } from 'playwright-core'
import { liveSession } from '../fakes/fake-sessions.ts'
import type { PageUnderTest } from './page-under-test.ts'

const other = 'ses_8b02f7Hs61nRtY4c'

const pressEnd = (page: Page): Promise<void> => page.getByRole('button', { name: 'End session' }).click()

/** Pages of those who look after what others do: live watch, overview, access review, SOC 2. */
export const oversightPages: readonly PageUnderTest[] = [
  { name: 'watch', path: `/sessions/${other}/watch`, as: 'jonas' },
  { name: 'watch-empty', path: `/sessions/${liveSession}/watch`, as: 'helene', scenario: 'empty' },
  { name: 'watch-missed', path: `/sessions/${liveSession}/watch`, as: 'helene', scenario: 'too-much' },
  { name: 'watch-refused', path: `/sessions/${other}/watch`, as: 'jonas', scenario: 'four-eyes' },
  { name: 'watch-end', path: `/sessions/${other}/watch`, as: 'jonas', prepare: pressEnd },
  { name: 'overview', path: '/overview', as: 'helene' },
  {
    name: 'overview-table',
    path: '/overview',
    as: 'helene',
    prepare: (page) => page.getByRole('button', { name: 'Show as table' }).click(),
  },
  { name: 'overview-today', path: '/overview', as: 'priya', prepare: (page) => page.getByRole('button', { name: 'Today' }).click() },
  { name: 'overview-gaps', path: '/overview', as: 'helene', scenario: 'alarm' },
  { name: 'overview-empty', path: '/overview', as: 'helene', scenario: 'empty' },
  { name: 'overview-error', path: '/overview', as: 'helene', scenario: 'error' },
  { name: 'overview-offline', path: '/overview', as: 'helene', scenario: 'offline' },
  { name: 'overview-loading', path: '/overview', as: 'helene', scenario: 'loading' },
  { name: 'overview-too-much', path: '/overview', as: 'helene', scenario: 'too-much' },
  { name: 'overview-sessions', path: '/overview/sessions?verdict=denied', as: 'helene' },
  { name: 'overview-sessions-empty', path: '/overview/sessions', as: 'helene', scenario: 'empty' },
  { name: 'overview-missing', path: '/overview/sessions?gap=missing-number', as: 'helene' },
  { name: 'overview-approvals', path: '/overview/approvals?outcome=approved', as: 'helene' },
  { name: 'access-review', path: '/access-review', as: 'helene' },
  { name: 'access-review-empty', path: '/access-review', as: 'helene', scenario: 'empty' },
  { name: 'controls', path: '/controls', as: 'helene' },
  {
    name: 'controls-tested',
    path: '/controls',
    as: 'helene',
    async prepare(page) {
      await page.getByRole('button', { name: 'Run all tests' }).click()
      await page.getByText('Could not be tried').waitFor()
    },
  },
  { name: 'controls-error', path: '/controls', as: 'helene', scenario: 'error' },
]
