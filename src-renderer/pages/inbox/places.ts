import { hasTakenPart, standInsFor } from '../../../src-core/approval/stand-in.ts'
import type { Delegation } from '../../../src-protocol/delegation.ts'
import type { Approval } from '../../../src-protocol/model.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useHasRole, usePerson } from '../../api/use-desktop-state.ts'

const none: readonly Delegation[] = []

/** Those by which the person may decide in somebody’s place. */
export function useReceivedDelegations(): readonly Delegation[] {
  const sub = usePerson()?.sub
  const all = useDesktopQueryWith({ channel: 'delegations:list', input: [], enabled: useHasRole('reviewer') }).data
  return all?.filter(({ delegate, endedAt }) => delegate.sub === sub && endedAt === undefined) ?? none
}

/** In whose places the person could decide this request, as far as this window knows; for approving only those that may approve. */
export function placesFor(
  approval: Approval,
  sub: string,
  received: readonly Delegation[],
  now: number,
  decision?: 'approve' | 'deny',
): Delegation[] {
  if (approval.requester.sub === sub || hasTakenPart(approval.votes, sub)) return []
  const places = standInsFor(approval, sub, received, new Date(now))
  return decision === 'approve'
    ? places.filter(({ groups }) => groups.some((group) => approval.digestInput.groups.includes(group)))
    : places
}
