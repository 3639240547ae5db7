import { z } from 'zod'
import { maskingDocument, policyDocument } from './policy-document.ts'

/** JSON Schema of a document as people write it, for the completion of editors. */
export function documentSchema(kind: 'policy' | 'masking'): object {
  const schema = z.toJSONSchema(kind === 'policy' ? policyDocument : maskingDocument, { io: 'input' })
  return { ...schema, title: `Gatehouse ${kind} document` }
}
