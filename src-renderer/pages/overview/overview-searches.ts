import {
  overviewApprovalsQuery,
  overviewSessionsQuery,
  type OverviewApprovalsQuery,
  type OverviewSessionsQuery,
} from '../../../src-protocol/overview.ts'

/** What an address may ask for; anything else is left out. */
export function validateSessionsSearch(search: Record<string, unknown>): Partial<OverviewSessionsQuery> {
  return overviewSessionsQuery.partial().safeParse(search).data ?? {}
}

/** The same for requests. */
export function validateApprovalsSearch(search: Record<string, unknown>): Partial<OverviewApprovalsQuery> {
  return overviewApprovalsQuery.partial().safeParse(search).data ?? {}
}
