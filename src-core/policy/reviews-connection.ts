import type { PolicyDocument } from '../../src-protocol/policy-document.ts'
import { compilePattern } from '../pattern.ts'

/** Whether calls on this connection can be put before somebody of these groups: some rule holds calls there and asks one of them. */
export const reviewsConnection = (document: PolicyDocument, groups: readonly string[], connection: string): boolean =>
  document.rules.some(
    ({ review, match }) =>
      [review?.groups, review?.veto, ...(review?.each ?? []).map((need) => need.groups)].some((some) =>
        some?.some((group) => groups.includes(group)),
      ) && match.connections.some((pattern) => compilePattern(pattern)(connection)),
  )
