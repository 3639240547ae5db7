import { liveSession } from '../fakes/fake-sessions.ts'
import type { PageUnderTest } from './page-under-test.ts'

/** Pages of those who work with servers: signing in, connections and their tools, sessions. */
export const operatorPages: readonly PageUnderTest[] = [
  { name: 'sign-in', path: '/', as: 'mira', scenario: 'signed-out' },
  { name: 'sign-in-waiting', path: '/sign-in', as: 'mira', scenario: 'waiting' },
  { name: 'sign-in-offline', path: '/sign-in', as: 'mira', scenario: 'offline' },
  { name: 'connections', path: '/connections', as: 'mira' },
  { name: 'connections-start', path: '/connections?start=orders-db', as: 'mira' },
  { name: 'connections-admin', path: '/connections', as: 'priya' },
  {
    name: 'connections-register',
    path: '/connections',
    as: 'priya',
    prepare: (page) => page.getByRole('button', { name: 'Register a connection' }).click(),
  },
  { name: 'connections-altered', path: '/connections', as: 'priya', scenario: 'alarm' },
  { name: 'connections-empty', path: '/connections', as: 'priya', scenario: 'empty' },
  { name: 'connections-error', path: '/connections', as: 'mira', scenario: 'error' },
  { name: 'connections-loading', path: '/connections', as: 'mira', scenario: 'loading' },
  { name: 'connections-too-much', path: '/connections', as: 'priya', scenario: 'too-much' },
  { name: 'connections-tools', path: '/connections/orders-db/tools', as: 'priya' },
  {
    name: 'connections-tools-unified',
    path: '/connections/orders-db/tools?tool=search_objects',
    as: 'priya',
    prepare: (page) => page.getByText('Unified').click(),
  },
  { name: 'connections-tools-pinned', path: '/connections/orders-db/tools?tool=execute_sql', as: 'priya' },
  { name: 'connections-tools-rejected', path: '/connections/orders-db/tools?tool=export_table', as: 'priya' },
  {
    name: 'connections-tools-accept',
    path: '/connections/orders-db/tools',
    as: 'priya',
    prepare: async (page) => {
      await page.getByLabel('Reason').fill('Compared with release 1.4.0 of the server: wrong.')
      await page.getByRole('button', { name: 'Accept' }).click()
    },
  },
  { name: 'connections-tools-empty', path: '/connections/orders-db/tools', as: 'priya', scenario: 'empty' },
  { name: 'connections-tools-loading', path: '/connections/orders-db/tools', as: 'priya', scenario: 'loading' },
  { name: 'connections-tools-offline', path: '/connections/orders-db/tools', as: 'priya', scenario: 'error' },
  { name: 'connections-tools-too-much', path: '/connections/orders-db/tools', as: 'priya', scenario: 'too-much' },
  {
    name: 'connections-ask',
    path: '/connections',
    as: 'mira',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Give back the access to github-internal' }).click()
      await page.getByRole('button', { name: 'Ask for access on github-internal' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Ask for access' }).click()
    },
  },
  { name: 'sessions', path: '/sessions', as: 'mira' },
  { name: 'sessions-empty', path: '/sessions', as: 'mira', scenario: 'empty' },
  { name: 'sessions-too-much', path: '/sessions', as: 'jonas', scenario: 'too-much' },
  { name: 'session', path: `/sessions/${liveSession}`, as: 'mira' },
  {
    name: 'session-tester',
    path: `/sessions/${liveSession}`,
    as: 'mira',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'List tools' }).click()
      await page.getByRole('button', { name: 'Call', exact: true }).click()
      await page.getByText('Result', { exact: true }).waitFor()
    },
  },
  {
    name: 'session-end',
    path: `/sessions/${liveSession}`,
    as: 'mira',
    prepare: (page) => page.getByRole('button', { name: 'End session' }).click(),
  },
  { name: 'session-watched', path: `/sessions/${liveSession}`, as: 'mira', scenario: 'four-eyes' },
  { name: 'session-watch', path: '/sessions/ses_8b02f7Hs61nRtY4c', as: 'jonas' },
  { name: 'session-ended', path: '/sessions/ses_19ad40Qw37uKzM8f', as: 'mira' },
  { name: 'session-too-much', path: `/sessions/${liveSession}`, as: 'mira', scenario: 'too-much' },
]
