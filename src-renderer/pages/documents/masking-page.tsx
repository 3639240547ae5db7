import { DocumentPage } from './document-page.tsx'

/** The masking rules: what is in force, what was, and a draft of what will be. */
export function MaskingPage() {
  return <DocumentPage key="masking" kind="masking" />
}
