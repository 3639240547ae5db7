import { liveSession } from '../fakes/fake-sessions.ts'
import type { PageUnderTest } from './page-under-test.ts'

/** Pages about who may what: access, breaking the glass, people. */
export const accessPages: readonly PageUnderTest[] = [
  { name: 'access-now', path: '/access', as: 'priya' },
  { name: 'access-waiting', path: '/access?tab=waiting', as: 'priya' },
  { name: 'access-rules', path: '/access?tab=rules', as: 'priya' },
  { name: 'access-history', path: '/access?tab=history', as: 'helene' },
  { name: 'access-history-too-much', path: '/access?tab=history', as: 'priya', scenario: 'too-much' },
  {
    name: 'access-rule-edit',
    path: '/access?tab=rules',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'More for Night shift on warehouse' }).click()
      await page.getByRole('menuitem', { name: 'Edit rule' }).click()
    },
  },
  {
    name: 'access-rule-new',
    path: '/access?tab=rules',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'New rule' }).click()
      await page.getByRole('button', { name: 'Create rule' }).click()
    },
  },
  {
    name: 'access-revoke',
    path: '/access',
    as: 'priya',
    prepare: (page) => page.getByRole('button', { name: 'Revoke' }).first().click(),
  },
  { name: 'access-empty', path: '/access', as: 'priya', scenario: 'empty' },
  { name: 'access-error', path: '/access', as: 'priya', scenario: 'error' },
  { name: 'access-loading', path: '/access', as: 'priya', scenario: 'loading' },
  { name: 'break-glass', path: '/break-glass', as: 'jonas' },
  { name: 'break-glass-rules', path: '/break-glass', as: 'priya' },
  { name: 'break-glass-four-eyes', path: '/break-glass', as: 'priya', scenario: 'four-eyes' },
  { name: 'break-glass-too-much', path: '/break-glass', as: 'helene', scenario: 'too-much' },
  { name: 'break-glass-empty', path: '/break-glass', as: 'priya', scenario: 'empty' },
  { name: 'break-glass-error', path: '/break-glass', as: 'priya', scenario: 'error' },
  { name: 'break-glass-loading', path: '/break-glass', as: 'priya', scenario: 'loading' },
  {
    name: 'break-glass-review',
    path: '/break-glass',
    as: 'jonas',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Review of' }).first().click()
      await page.getByRole('button', { name: 'Not justified' }).click()
    },
  },
  {
    name: 'break-glass-stop',
    path: '/break-glass',
    as: 'jonas',
    prepare: (page) => page.getByRole('button', { name: 'Close the glass' }).first().click(),
  },
  {
    name: 'break-glass-rule-new',
    path: '/break-glass',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'New rule' }).click()
      await page.getByRole('button', { name: 'Create rule' }).click()
    },
  },
  {
    name: 'break-glass-open',
    path: `/sessions/${liveSession}`,
    as: 'mira',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Break glass' }).click()
      await page.getByRole('button', { name: 'Break the glass' }).click()
    },
  },
  {
    name: 'session-broken-glass',
    path: `/sessions/${liveSession}`,
    as: 'mira',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Break glass' }).click()
      await page.getByLabel('Reason').fill('INC-4127: refunds are stuck, and nobody of dba answers')
      await page.getByRole('button', { name: 'Break the glass' }).click()
      await page.getByText('Your browser is open').waitFor()
      // the double signs in by itself after half a minute
      await page.clock.runFor(31_000)
      await page.getByText('The glass is broken for').waitFor()
    },
  },
  { name: 'people', path: '/people', as: 'priya' },
  { name: 'people-person', path: '/people?person=u-1042', as: 'helene' },
  { name: 'people-empty', path: '/people', as: 'priya', scenario: 'empty' },
  { name: 'people-error', path: '/people', as: 'priya', scenario: 'error' },
  { name: 'people-loading', path: '/people', as: 'priya', scenario: 'loading' },
]
