import { Link } from '@tanstack/react-router'
import { useDesktopQueryWith } from '../api/use-desktop-query.ts'
import { useHasRole, usePerson } from '../api/use-desktop-state.ts'
import { waitsFor } from '../pages/access/access-words.ts'
import { useReviewsDue } from '../pages/break-glass/use-break-glass.ts'
import { isWaitingFor } from '../pages/inbox/inbox-lists.ts'
import { useReceivedDelegations } from '../pages/inbox/places.ts'
import { placesFor, settingsPlace, type Place } from './places.ts'
import styles from './navigation.module.css'

/** Left navigation: what the person may open, with how much waits there. */
export function Navigation({ rail }: { rail: boolean }) {
  const person = usePerson()
  const groups = placesFor(person?.roles ?? [])
  const counts = useCounts()
  return (
    <nav className={`${styles.nav} ${rail ? styles.rail : ''}`} aria-label="Main">
      {groups.map((group, index) => (
        <ul key={group[0]?.path ?? index} className={styles.group}>
          {group.map((place) => (
            <PlaceLink key={place.path} place={place} count={counts[place.path]} rail={rail} />
          ))}
        </ul>
      ))}
      <ul className={styles.end}>
        <PlaceLink place={settingsPlace} count={undefined} rail={rail} />
      </ul>
    </nav>
  )
}

interface PlaceCount {
  count: number
  /** what is counted, for a screen reader */
  noun: string
}

function PlaceLink({ place, count, rail }: { place: Place; count: PlaceCount | undefined; rail: boolean }) {
  const { icon: Icon } = place
  return (
    <li>
      <Link to={place.to} title={rail ? place.title : undefined}>
        <Icon aria-hidden />
        <span className={rail ? 'unseen' : undefined}>{place.title}</span>
        {count !== undefined && count.count > 0 && (
          <span className={styles.count}>
            {count.count.toLocaleString('en')}
            <span className="unseen"> {count.noun}</span>
          </span>
        )}
      </Link>
    </li>
  )
}

function useCounts(): Record<string, PlaceCount> {
  const person = usePerson()
  const sessions = useDesktopQueryWith({
    channel: 'sessions:list',
    input: [],
    enabled: useHasRole('operator', 'reviewer', 'administrator'),
  }).data
  const approvals = useDesktopQueryWith({ channel: 'approvals:list', input: [], enabled: useHasRole('reviewer') }).data
  const access = useDesktopQueryWith({ channel: 'access:overview', input: [], enabled: useHasRole('reviewer') }).data
  // operators have the same list, but nothing in it waits for them
  const administrator = useHasRole('administrator')
  const received = useReceivedDelegations()
  const connections = useDesktopQueryWith({ channel: 'connections:list', input: [], enabled: administrator }).data
  const tools = !administrator ? 0 : connections?.reduce((sum, { toolsWaiting = 0 }) => sum + toolsWaiting, 0)
  const waiting =
    (approvals?.filter((approval) => isWaitingFor(approval, person, received)).length ?? 0) +
    (access?.requests.filter((request) => waitsFor(request, person)).length ?? 0)
  return {
    '/connections': { count: tools ?? 0, noun: 'tools waiting' },
    '/sessions': { count: sessions?.filter((session) => session.state === 'live').length ?? 0, noun: 'live' },
    '/inbox': { count: waiting, noun: 'waiting' },
    '/break-glass': { count: useReviewsDue().length, noun: 'to review' },
  }
}
