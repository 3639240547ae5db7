import type { Page } from 'playwright-core'
import { changeDraft } from './draft-text.ts'
import type { PageUnderTest } from './page-under-test.ts'

const openProposal = (page: Page, author: string): Promise<void> =>
  page.getByRole('region', { name: 'Proposals' }).getByRole('button', { name: author }).click()

const policyDraft = 'policy.yaml, draft'
const trialResponse = JSON.stringify(
  {
    jsonrpc: '2.0',
    id: 7,
    result: {
      content: [
        { type: 'text', text: 'Mira Okafor paid with 4111 1111 1111 1111.' },
        { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' },
        { type: 'audio', data: 'UklGRiQ=', mimeType: 'audio/wav' },
      ],
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

/** Policy and masking: versions, drafts, proposals, what a draft would have changed. */
export const documentPages: readonly PageUnderTest[] = [
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
      await page.getByRole('searchbox', { name: 'Find in responses' }).fill('refund')
      await page.getByText(/ of \d+$/).waitFor()
      await page.getByRole('listbox', { name: 'Responses' }).getByRole('option').first().click()
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
]
