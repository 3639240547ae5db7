import type { ControlEvidence } from '../../../src-protocol/controls.ts'
import type { Period } from '../../../src-protocol/overview.ts'

type EvidenceLink = NonNullable<ControlEvidence['held'][number]['link']>

/** Where the rows of a number are. */
export function linkOf(link: EvidenceLink, period: Period): { to: string; search: Record<string, unknown> } {
  switch (link) {
    case 'sessions':
      return { to: '/overview/sessions', search: { ...period } }
    case 'denied':
    case 'held':
    case 'masked':
      return { to: '/overview/sessions', search: { ...period, verdict: link } }
    case 'approvals':
      return { to: '/overview/approvals', search: { ...period } }
    case 'gaps':
      return { to: '/overview', search: { ...period } }
    case 'access-review':
    case 'break-glass':
    case 'policies':
    case 'masking':
    case 'evidence':
      return { to: `/${link}`, search: {} }
    default:
      return link satisfies never
  }
}
