import type { AccessRequest } from '../../../src-protocol/access.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { waitsFor } from '../access/access-words.ts'

export const isAccessRequest = (id: string): boolean => id.startsWith('acq_')

export interface AccessInInbox {
  /** theirs to decide, the one with the least time left first */
  waiting: AccessRequest[]
  /** those that the person decided, the latest first */
  decided: AccessRequest[]
}

/** Requests for access that are a reviewer’s business. `asked`: all of them that the person may see, for links. */
export function useAccessInInbox(): { access: AccessInInbox; asked: readonly AccessRequest[] } {
  const person = usePerson()
  const enabled = useHasRole('reviewer')
  const asked = useDesktopQueryWith({ channel: 'access:overview', input: [], enabled }).data?.requests ?? []
  const waiting = asked.filter((request) => waitsFor(request, person)).toSorted((a, b) => a.decideBy.localeCompare(b.decideBy))
  const decided = asked.filter(({ vote }) => vote !== undefined && vote.person.sub === person?.sub)
  return { access: { waiting, decided: decided.toSorted((a, b) => (b.settledAt ?? '').localeCompare(a.settledAt ?? '')) }, asked }
}
