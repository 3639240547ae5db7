import { useDesktopQuery, useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useHasRole } from '../../api/use-desktop-state.ts'

/** Names of people by their sub, as far as this person may know them: reviewers may not list people, but know those who opened. */
export function useNameOf(): (sub: string) => string {
  const enabled = useHasRole('administrator', 'auditor')
  const people = useDesktopQueryWith({ channel: 'people:list', input: [], enabled }).data
  const openings = useDesktopQuery('break-glass:overview').data?.openings
  const known = new Map([...(people ?? []), ...(openings ?? [])].map(({ person: { sub, name } }) => [sub, name]))
  return (sub) => known.get(sub) ?? sub
}
