import type { PolicyVersion } from '../../../src-protocol/policy-version.ts'

export type DocumentKind = PolicyVersion['kind']

interface KindWords {
  title: string
  file: string
  /** in the middle of a sentence */
  noun: string
  /** what it does, for the empty state */
  purpose: string
  /** what starting from nothing looks like */
  template: string
}

export const kindWords: Record<DocumentKind, KindWords> = {
  policy: {
    title: 'Policy',
    file: 'policy.yaml',
    noun: 'policy',
    purpose: 'The policy says which calls are allowed, held for a reviewer, or denied. What no rule allows is denied.',
    template: `version: 1
name: Policy
rules:
  - id: read-only
    match: { connections: ["*"], tools: ["list_*", "read_*", "search_*"] }
    effect: allow
    because: Reading is part of everyday work.
`,
  },
  masking: {
    title: 'Masking',
    file: 'masking.yaml',
    noun: 'masking rules',
    purpose: 'Masking rules say which values never leave the gateway in clear text, in either direction.',
    template: `version: 1
name: Masking
rules:
  - id: detect-card
    detect: [card]
    because: Card numbers never leave in clear text.
`,
  },
}
