import { Select } from '@mantine/core'
import { useState } from 'react'
import type { PersonReach, PersonSeen } from '../../../src-protocol/access.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { roleTitle } from '../../shell/places.ts'
import { reachLook } from './reach-look.ts'
import styles from './people.module.css'

const crumbs = [{ title: 'People', to: '/people' }]

/** One person: who the identity provider says they are, what they reach at this moment, and why or why not. */
export function PersonPage({ seen: { person, firstSignInAt, lastSignInAt, lastSeenAt } }: { seen: PersonSeen }) {
  const reach = useDesktopQuery('people:reach', person.sub)
  return (
    <div className="page">
      <PageHeader crumbs={[...crumbs, { title: person.name }]} title={person.name} meta={roleTitle(person.roles)} />
      <div className={`page-body ${styles.stack}`}>
        <Panel title="As the identity provider says">
          <Facts
            columns={2}
            items={[
              { label: 'Address', value: person.email ?? <span className="t3">none</span> },
              {
                label: 'First sign-in',
                value: firstSignInAt === undefined ? 'never finished' : <Timestamp at={firstSignInAt} form="date-time" />,
              },
              { label: 'Subject', value: <span className="mono">{person.sub}</span> },
              {
                label: 'Last sign-in',
                value: lastSignInAt === undefined ? 'never finished' : <Timestamp at={lastSignInAt} form="date-time" />,
              },
              { label: 'Groups', value: person.groups.length === 0 ? <span className="t3">none</span> : person.groups.join(', ') },
              { label: 'Last heard of', value: <Timestamp at={lastSeenAt} form="relative" /> },
            ]}
          />
        </Panel>
        {reach.isPending && (
          <Panel flush>
            <LoadingRows label="Loading what they reach" />
          </Panel>
        )}
        {reach.isError && <ErrorNote error={reach.error} onRetry={() => void reach.refetch()} />}
        {reach.isSuccess && <Reach name={person.name} reach={reach.data} />}
      </div>
    </div>
  )
}

const order = ['granted', 'free', 'waiting', 'ask', 'closed'] as const

function Reach({ name, reach }: { name: string; reach: readonly PersonReach[] }) {
  const [connection, setConnection] = useState<string | null>(null)
  const sorted = reach.toSorted((a, b) => order.indexOf(a.standing.state) - order.indexOf(b.standing.state))
  const shown = connection === null ? sorted : sorted.filter((one) => one.connection === connection)
  const now = reach.filter(({ standing }) => standing.state === 'free' || standing.state === 'granted').length
  return (
    <Panel
      flush
      title="Connections"
      meta={`${now} of ${reach.length} can be used now`}
      actions={
        <Select
          aria-label="Why, or why not"
          placeholder="Why, or why not: a connection"
          clearable
          searchable
          size="sm"
          className={styles.why}
          value={connection}
          onChange={setConnection}
          data={reach.map((one) => one.connection)}
        />
      }
    >
      <table className="table">
        <thead>
          <tr>
            <th className={styles.connection}>Connection</th>
            <th className={styles.state}>
              <span className="unseen">{name} </span>Now
            </th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ connection: one, title, standing }) => (
            <tr key={one} className={styles.reach}>
              <td>
                <div className="medium">{one}</div>
                <div className="small t3">{title}</div>
              </td>
              <td>
                <ToneMark {...reachLook[standing.state]} />
                {standing.grant && (
                  <div className="small t3">
                    until <Timestamp at={standing.grant.endsAt} form="date-time" />
                  </div>
                )}
              </td>
              <td>
                <ul className={styles.sentences}>
                  {standing.why.map((sentence) => (
                    <li key={sentence}>{sentence}</li>
                  ))}
                </ul>
              </td>
            </tr>
          ))}
          {shown.length === 0 && (
            <tr>
              <td colSpan={3} className="t3">
                No connection is registered yet.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </Panel>
  )
}
