import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { PersonSeen } from '../../../src-protocol/access.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { ListSearch } from '../../components/list-search.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { useShown } from '../../components/use-shown.tsx'
import { roleTitle } from '../../shell/places.ts'
import { PersonPage } from './person-page.tsx'
import styles from './people.module.css'

/** Everybody whom the gateway has seen; of one of them, what they reach and why. */
export function PeoplePage() {
  const people = useDesktopQuery('people:list')
  const { person: wanted } = useSearch({ from: '/people' })
  const chosen = people.data?.find(({ person }) => person.sub === wanted)
  if (chosen) return <PersonPage key={chosen.person.sub} seen={chosen} />
  return (
    <div className="page">
      <PageHeader
        title="People"
        meta={people.data && people.data.length > 0 ? <span className="num">{people.data.length.toLocaleString('en')}</span> : undefined}
      />
      {people.isPending && <LoadingPage label="Loading people" />}
      {people.isError && <ErrorState error={people.error} onRetry={() => void people.refetch()} />}
      {people.isSuccess && people.data.length === 0 && (
        <EmptyState
          title="Nobody has signed in yet"
          sentence="Whoever signs in appears here, with the groups that the identity provider named, and with what they reach and why."
        />
      )}
      {people.isSuccess && people.data.length > 0 && <PeopleTable people={people.data} />}
    </div>
  )
}

function PeopleTable({ people }: { people: readonly PersonSeen[] }) {
  const [text, setText] = useState('')
  const found = people.filter((seen) => matches(seen, text))
  const { shown, more } = useShown(found)
  return (
    <div className="page-body">
      <ListSearch label="Name, address, group or role" value={text} onChange={setText} found={found.length} total={people.length} />
      <div className="table-frame">
        <table className="table two-line">
          <thead>
            <tr>
              <th>Person</th>
              <th className={styles.roles}>Roles</th>
              <th className={styles.groups}>Groups</th>
              <th className={styles.time}>First sign-in</th>
              <th className={styles.time}>Last sign-in</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ person, firstSignInAt, lastSignInAt }) => (
              <tr key={person.sub}>
                <td>
                  <Link className="medium" to="/people" search={{ person: person.sub }}>
                    {person.name}
                  </Link>
                  <div className="small t3 ellipsis" title={[person.email, person.sub].filter(Boolean).join('\n')}>
                    {person.email ?? person.sub}
                  </div>
                </td>
                <td className="t2" title={roleTitle(person.roles)}>
                  {roleTitle(person.roles)}
                </td>
                <td className="t2 ellipsis" title={person.groups.join('\n')}>
                  {person.groups.length === 0 ? 'none' : person.groups.join(', ')}
                </td>
                <td>
                  {firstSignInAt === undefined ? (
                    <span className="t3">never finished</span>
                  ) : (
                    <Timestamp at={firstSignInAt} form="date-time" />
                  )}
                </td>
                <td>{lastSignInAt === undefined ? '' : <Timestamp at={lastSignInAt} form="relative" />}</td>
              </tr>
            ))}
            {found.length === 0 && (
              <tr>
                <td colSpan={5} className="t3">
                  Nobody matches “{text}”.
                </td>
              </tr>
            )}
          </tbody>
        </table>
        {more}
      </div>
    </div>
  )
}

const matches = ({ person: { name, email = '', sub, groups, roles } }: PersonSeen, text: string): boolean =>
  [name, email, sub, ...groups, ...roles].join('\n').toLowerCase().includes(text.trim().toLowerCase())
