import { DocumentPage } from './document-page.tsx'

/** The policy: what is in force, what was, and a draft of what will be. */
export function PoliciesPage() {
  return <DocumentPage key="policy" kind="policy" />
}
