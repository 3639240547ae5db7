import type { PageUnderTest } from './page-under-test.ts'

/** Agents, retention, evidence packs, settings, and what belongs to the window itself. */
export const administrationPages: readonly PageUnderTest[] = [
  { name: 'agents-altered', path: '/agents', as: 'priya', scenario: 'alarm' },
  {
    name: 'settings-away',
    path: '/settings',
    as: 'jonas',
    prepare: async (page) => {
      await page.getByRole('switch', { name: 'Quiet hours' }).click({ force: true })
      await page.getByRole('button', { name: 'Name a stand-in' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'settings-stand-in',
    path: '/settings',
    as: 'jonas',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Name a stand-in' }).click()
      await page.getByRole('button', { name: 'Sign' }).click()
    },
  },
  { name: 'retention', path: '/retention', as: 'priya' },
  { name: 'retention-four-eyes', path: '/retention', as: 'priya', scenario: 'four-eyes' },
  { name: 'retention-empty', path: '/retention', as: 'helene', scenario: 'empty' },
  { name: 'retention-error', path: '/retention', as: 'priya', scenario: 'error' },
  {
    name: 'retention-place-hold',
    path: '/retention',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Place a hold' }).click()
      await page.getByRole('button', { name: 'Place the hold' }).click()
    },
  },
  {
    name: 'retention-release-hold',
    path: '/retention',
    as: 'priya',
    prepare: (page) => page.getByRole('button', { name: 'Release:' }).first().click(),
  },
  { name: 'agents', path: '/agents', as: 'priya' },
  {
    name: 'agents-token',
    path: '/agents',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Enrol an agent' }).click()
      await page.getByLabel('Name').fill('dc3-agent-1')
      await page.getByRole('button', { name: 'Create join token' }).click()
      await page.getByText('shown only once').waitFor()
    },
  },
  { name: 'agents-empty', path: '/agents', as: 'priya', scenario: 'empty' },
  { name: 'evidence', path: '/evidence', as: 'priya' },
  {
    name: 'evidence-written',
    path: '/evidence',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'At random' }).click()
      await page.getByRole('button', { name: 'Choose a folder and export' }).click()
      await page.getByText('Written').waitFor()
    },
  },
  {
    name: 'evidence-problems',
    path: '/evidence',
    as: 'priya',
    prepare: async (page) => {
      await page.getByLabel('Last day').fill('2020-01-01')
      await page.getByRole('button', { name: 'Choose a folder and export' }).click()
      await page.getByText('It lies before the first day.').waitFor()
    },
  },
  { name: 'settings', path: '/settings', as: 'mira' },
  {
    name: 'settings-storage',
    path: '/settings',
    as: 'priya',
    prepare: (page) => page.getByText('Held against the log').scrollIntoViewIfNeeded(),
  },
  {
    name: 'settings-reviewer-key',
    path: '/settings',
    as: 'jonas',
    prepare: (page) => page.getByRole('button', { name: 'Make a reviewer key' }).click(),
  },
  {
    name: 'palette',
    path: '/sessions',
    as: 'priya',
    prepare: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('textbox', { name: 'Search' }).fill('orders')
    },
  },
  {
    name: 'shortcuts',
    path: '/sessions',
    as: 'priya',
    prepare: async (page) => {
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    },
  },
  {
    name: 'status-details',
    path: '/sessions',
    as: 'mira',
    prepare: (page) => page.getByRole('button', { name: /Pinned checkpoint/ }).click(),
  },
  { name: 'forbidden', path: '/agents', as: 'mira' },
  { name: 'missing', path: '/nowhere', as: 'mira' },
  { name: 'alarm', path: '/sessions', as: 'mira', scenario: 'alarm' },
]
