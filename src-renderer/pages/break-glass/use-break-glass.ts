import type { BreakGlassOpening, BreakGlassRule } from '../../../src-protocol/break-glass.ts'
import type { Approval } from '../../../src-protocol/model.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { awaitsReviewBy } from './break-glass-words.ts'

/** The rule by which this person may break the glass for a held call; undefined where none names them. */
export function useBreakGlassOffer(approval: Approval | undefined): BreakGlassRule | undefined {
  const offered = approval?.state === 'pending' ? approval.digestInput.breakGlass : undefined
  const overview = useDesktopQueryWith({ channel: 'break-glass:overview', input: [], enabled: offered !== undefined }).data
  return overview?.offers.find(({ id, version }) => id === offered?.rule && version === offered.version)
}

/** What waits for a review by this person, the oldest first. */
export function useReviewsDue(): BreakGlassOpening[] {
  const person = usePerson()
  const enabled = useHasRole('reviewer')
  const openings = useDesktopQueryWith({ channel: 'break-glass:overview', input: [], enabled }).data?.openings ?? []
  return openings.filter((opening) => awaitsReviewBy(opening, person)).toReversed()
}

/** Whether any rule names this person: agents that check for themselves go by their lasting key then. */
export function useMayBreakGlass(): boolean {
  const enabled = useHasRole('operator')
  return (useDesktopQueryWith({ channel: 'break-glass:overview', input: [], enabled }).data?.offers.length ?? 0) > 0
}
