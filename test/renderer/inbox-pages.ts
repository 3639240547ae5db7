import { pendingAccess } from '../fakes/fake-access.ts'
import { heldApproval } from '../fakes/fake-sessions.ts'
import type { PageUnderTest } from './page-under-test.ts'

/** Requests that wait for a reviewer, and those that were decided. */
export const inboxPages: readonly PageUnderTest[] = [
  { name: 'inbox', path: `/inbox/${heldApproval}`, as: 'jonas' },
  { name: 'inbox-warnings', path: '/inbox/apr_5dR8kWq1Zn6HsJ3v', as: 'jonas' },
  { name: 'inbox-own', path: '/inbox/apr_7vK3nDf5Sa8WqP2r', as: 'jonas' },
  { name: 'inbox-two-groups', path: '/inbox/apr_2hG7pYc9Xe4BuM6t', as: 'jonas' },
  {
    name: 'inbox-step-up',
    path: '/inbox/apr_2hG7pYc9Xe4BuM6t',
    as: 'jonas',
    prepare: async (page) => {
      await page.getByLabel('Reason').fill('Both accounts are hers.')
      await page.getByRole('button', { name: 'Approve' }).click()
      await page.getByRole('button', { name: 'Sign and approve' }).click()
      await page.getByText('Your browser is open').waitFor()
    },
  },
  {
    name: 'inbox-report',
    path: `/inbox/${heldApproval}`,
    as: 'jonas',
    prepare: (page) => page.getByRole('button', { name: 'Report' }).click(),
  },
  { name: 'inbox-reported', path: '/inbox/apr_decided000000005', as: 'jonas' },
  { name: 'inbox-decided', path: '/inbox/apr_decided000000002', as: 'jonas' },
  {
    name: 'inbox-approve',
    path: `/inbox/${heldApproval}`,
    as: 'jonas',
    prepare: async (page) => {
      await page.getByLabel('Reason').fill('Agreed in the incident channel.')
      await page.getByRole('button', { name: 'Approve' }).click()
    },
  },
  { name: 'inbox-in-place', path: '/inbox/apr_2hG7pYc9Xe4BuM6t', as: 'priya' },
  { name: 'inbox-empty', path: '/inbox', as: 'jonas', scenario: 'empty' },
  { name: 'inbox-too-much', path: '/inbox', as: 'jonas', scenario: 'too-much' },
  { name: 'inbox-error', path: '/inbox', as: 'jonas', scenario: 'error' },
  { name: 'inbox-access', path: `/inbox/${pendingAccess}`, as: 'jonas' },
  {
    name: 'inbox-access-approve',
    path: `/inbox/${pendingAccess}`,
    as: 'jonas',
    prepare: (page) => page.getByRole('button', { name: 'Approve' }).click(),
  },
]
