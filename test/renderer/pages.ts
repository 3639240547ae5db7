import type { Page } from 'playwright-core'
import { pendingAccess } from '../fakes/fake-access.ts'
import type { PersonName, Scenario } from '../fakes/fake-scenario.ts'
import { heldApproval, liveSession } from '../fakes/fake-sessions.ts'
import { changeDraft } from './draft-text.ts'

export interface PageUnderTest {
  name: string
  /** behind the `#` */
  path: string
  as: PersonName
  scenario?: Scenario
  /** what to do before looking */
  prepare?: (page: Page) => Promise<void>
}

/** Where a served renderer shows the page: scenario and person stand in the path, as a query would become part of the route's. */
export function pageUrl(origin: string, { scenario = 'full', as, path }: PageUnderTest): string {
  return `${origin}/${scenario}/${as}/index.html#${path}`
}

const openProposal = (page: Page, author: string): Promise<void> =>
  page.getByRole('region', { name: 'Proposals' }).getByRole('button', { name: author }).click()

/** Every page worth looking at, in each state that it can be in. */
const policyDraft = 'policy.yaml, draft'
const trialResponse = JSON.stringify(
  {
    jsonrpc: '2.0',
    id: 7,
    result: {
      content: [{ type: 'text', text: 'Mira Okafor paid with 4111 1111 1111 1111.' }],
      structuredContent: {
        rows: [
          { id: 1, mail: 'mira@acme.example', city: 'Bern' },
          { id: 2, mail: 'tomas@acme.example', city: 'Brno' },
        ],
        note: 'Refund to 5500 0000 0000 0004.',
      },
    },
  },
  undefined,
  2,
)

export const pagesUnderTest: readonly PageUnderTest[] = [
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
  { name: 'agents-altered', path: '/agents', as: 'priya', scenario: 'alarm' },
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
  { name: 'session-watch', path: '/sessions/ses_8b02f7Hs61nRtY4c', as: 'jonas' },
  { name: 'session-ended', path: '/sessions/ses_19ad40Qw37uKzM8f', as: 'mira' },
  { name: 'session-too-much', path: `/sessions/${liveSession}`, as: 'mira', scenario: 'too-much' },
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
  { name: 'people', path: '/people', as: 'priya' },
  { name: 'people-person', path: '/people?person=u-1042', as: 'helene' },
  { name: 'people-empty', path: '/people', as: 'priya', scenario: 'empty' },
  { name: 'people-error', path: '/people', as: 'priya', scenario: 'error' },
  { name: 'people-loading', path: '/people', as: 'priya', scenario: 'loading' },
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
  { name: 'policies', path: '/policies', as: 'priya' },
  {
    name: 'policies-draft',
    path: '/policies',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit a draft' }).click()
      await changeDraft(page, policyDraft, (text) => text.replace('    effect: deny\n', '    effect: deny\n    severity: high\n'))
      await page.getByText('The key severity is not known').waitFor()
    },
  },
  ...(['full', 'alarm', 'empty', 'too-much'] as const).map((scenario): PageUnderTest => ({
    name: `policies-simulation-${scenario}`,
    path: '/policies',
    as: 'priya',
    scenario,
    prepare: async (page) => {
      await page.getByRole('button', { name: scenario === 'empty' ? 'Start a draft' : 'Edit a draft' }).click()
      if (scenario !== 'empty') {
        await changeDraft(page, policyDraft, (text) => text.replace('k == "delete"', 'k in ["delete", "update"]'))
      }
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.getByText(scenario === 'alarm' ? 'of 942 recordings' : 'Finished').waitFor()
    },
  })),
  {
    name: 'policies-simulation-refused',
    path: '/policies',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit a draft' }).click()
      await changeDraft(page, policyDraft, (text) => text.replace('    effect: deny\n', '    effect: deny\n    severity: high\n'))
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  { name: 'policies-four-eyes', path: '/policies', as: 'priya', scenario: 'four-eyes' },
  {
    name: 'policies-four-eyes-draft',
    path: '/policies',
    as: 'priya',
    scenario: 'four-eyes',
    prepare: (page) => page.getByRole('button', { name: 'Edit a draft' }).click(),
  },
  {
    name: 'policies-proposal',
    path: '/policies',
    as: 'priya',
    scenario: 'four-eyes',
    prepare: (page) => openProposal(page, 'Sofia Lund'),
  },
  {
    name: 'policies-proposal-reject',
    path: '/policies',
    as: 'priya',
    scenario: 'four-eyes',
    prepare: async (page) => {
      await openProposal(page, 'Sofia Lund')
      await page.getByRole('button', { name: 'Reject' }).click()
      await page.getByRole('textbox', { name: 'Reason' }).fill('Wait for the release of the refund service.')
    },
  },
  {
    name: 'policies-proposal-own',
    path: '/policies',
    as: 'priya',
    scenario: 'four-eyes',
    prepare: (page) => openProposal(page, 'Priya Raman'),
  },
  {
    name: 'policies-propose',
    path: '/policies',
    as: 'priya',
    scenario: 'four-eyes',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit a draft' }).click()
      await changeDraft(page, policyDraft, (text) => text.replace('decideWithin: 15m', 'decideWithin: 30m'))
      await page.clock.runFor(400)
      await page.getByRole('button', { name: 'Propose' }).click()
      await page.getByRole('textbox', { name: 'What changed and why' }).fill('Reviewers asked for more time.')
    },
  },
  { name: 'policies-auditor', path: '/policies', as: 'helene' },
  { name: 'policies-empty', path: '/policies', as: 'priya', scenario: 'empty' },
  { name: 'masking', path: '/masking', as: 'priya' },
  {
    name: 'masking-trial',
    path: '/masking',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit a draft' }).click()
      await page.getByRole('textbox', { name: 'Response before masking' }).fill(trialResponse)
      await page.getByText('4 values are masked').waitFor()
    },
  },
  {
    name: 'masking-trial-in-force',
    path: '/masking',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Try it' }).click()
      await page.getByRole('button', { name: 'Recorded response' }).click()
      await page.getByPlaceholder('Choose a session').click()
      await page.getByRole('option').first().click()
      await page.getByPlaceholder('Choose a response').click()
      await page.getByRole('option').first().click()
    },
  },
  {
    name: 'masking-trial-blocked',
    path: '/masking',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit a draft' }).click()
      await changeDraft(page, 'masking.yaml, draft', (text) => `${text}    action: block\n`)
      await page.getByRole('textbox', { name: 'Response before masking' }).fill('4111 1111 1111 1111')
      await page.getByText('withholds the whole message').waitFor()
    },
  },
  {
    name: 'policies-difference',
    path: '/policies',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit a draft' }).click()
      await changeDraft(page, policyDraft, (text) =>
        text.replace('decideWithin: 15m', 'decideWithin: 30m').replace('    effect: deny\n', ''),
      )
      await page.getByRole('switch', { name: 'Show only changes' }).check({ force: true })
      await page.getByText('unchanged lines').first().waitFor()
    },
  },
  {
    name: 'policies-completion',
    path: '/policies',
    as: 'priya',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Edit a draft' }).click()
      const editor = page.getByRole('textbox', { name: policyDraft })
      await editor.press('Control+End')
      await page.keyboard.type('  - ')
      await page.keyboard.press('Control+Space')
      await page.getByRole('listbox').waitFor()
    },
  },
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
