import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useState } from 'react'
import type { AccessReviewRow } from '../../../src-protocol/overview.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorNote, ErrorState } from '../../components/error-state.tsx'
import { FilterChip } from '../../components/filter-chip.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { Note } from '../../components/note.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { dayOf } from '../../components/period.ts'
import { SearchField } from '../../components/search-field.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { useShown } from '../../components/use-shown.tsx'
import { useToday } from '../../components/use-today.ts'
import { GrantsPanel } from './grants-panel.tsx'
import { theBeginning } from './overview-words.ts'
import styles from './overview.module.css'

type Only = 'unused' | 'lost'

/** Who can reach what, who did, who was given access and by whom: to be gone through from time to time. */
export function AccessReviewPage() {
  const review = useDesktopQuery('overview:access-review')
  const [written, setWritten] = useState<readonly string[]>([])
  const write = useDesktopMutation('overview:export-access-review', ({ file, grants }) =>
    setWritten([file, grants].filter((one) => one !== undefined)),
  )
  const [text, setText] = useState('')
  const [only, setOnly] = useState<Only>()
  const all = review.data?.rows ?? []
  const rows = all.filter((row) => matches(row, text, only))
  const { shown, more } = useShown(rows)
  return (
    <div className="page">
      <PageHeader
        crumbs={[{ title: 'Overview', to: '/overview' }, { title: 'Access review' }]}
        title="Access review"
        meta="who can reach what, who did, and who was given access by whom"
        actions={
          <ReasonButton
            leftSection={<Download className="small" aria-hidden />}
            reason={review.isSuccess ? undefined : 'The review is not here yet.'}
            loading={write.isPending}
            onClick={() => write.mutate(undefined)}
          >
            Save as CSV
          </ReasonButton>
        }
      />
      {review.isPending && <LoadingPage rows={12} label="Loading the access review" />}
      {review.isError && <ErrorState error={review.error} onRetry={() => void review.refetch()} />}
      {review.isSuccess && all.length === 0 && (
        <EmptyState
          title="Nobody can reach anything yet"
          sentence="When people have signed in and connections are registered, they stand here."
        />
      )}
      {review.isSuccess && all.length > 0 && (
        <div className={`page-body ${styles.body}`}>
          {write.isError && <ErrorNote error={write.error} />}
          {written.length > 0 && (
            <Note tone="allowed" title="Saved.">
              {written.map((file) => (
                <span key={file} className={`${styles.saved} mono`}>
                  {file}
                </span>
              ))}
            </Note>
          )}
          <div className={styles.filters}>
            <div className={styles.search}>
              <SearchField value={text} onChange={setText} label="Search people and connections" />
            </div>
            <FilterChip pressed={only === 'unused'} onChange={(pressed) => setOnly(pressed ? 'unused' : undefined)}>
              May, but never did <span className="num">{all.filter(isUnused).length}</span>
            </FilterChip>
            <FilterChip pressed={only === 'lost'} onChange={(pressed) => setOnly(pressed ? 'lost' : undefined)}>
              Did, but no longer may <span className="num">{all.filter(isLost).length}</span>
            </FilterChip>
          </div>
          <Panel flush title="Who can reach what" meta={rows.length.toLocaleString('en')}>
            <table className="table">
              <thead>
                <tr>
                  <th>Person</th>
                  <th>Connection</th>
                  <th>May use it now</th>
                  <th>Through</th>
                  <th className="numeric">Sessions ever</th>
                  <th>Last used</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((row) => (
                  <ReviewRow key={`${row.person.sub} ${row.connection}`} row={row} />
                ))}
                {rows.length === 0 && (
                  <tr>
                    <td colSpan={6} className="t3">
                      Nothing matches.
                    </td>
                  </tr>
                )}
              </tbody>
            </table>
            {more}
          </Panel>
          <GrantsPanel
            grants={review.data.grants.filter((grant) => hasWords([grant.person.name, grant.person.email, grant.connection], text))}
          />
        </div>
      )}
    </div>
  )
}

function ReviewRow({
  row: { person, connection, may, through, needsAccess, accessUntil, sessions, lastUsedAt },
}: {
  row: AccessReviewRow
}) {
  const to = dayOf(useToday())
  return (
    <tr>
      <td title={person.email ?? person.sub}>{person.name}</td>
      <td>{connection}</td>
      <td className={may ? '' : 't3'}>
        {!may && 'no'}
        {may && !needsAccess && 'yes'}
        {may && needsAccess && accessUntil === undefined && 'when access is given'}
        {may && accessUntil !== undefined && (
          <>
            until <Timestamp at={accessUntil} form="date-time" />
          </>
        )}
      </td>
      <td className="t2">{may && through.length === 0 ? 'every operator' : through.join(', ')}</td>
      <td className="numeric">
        {sessions === 0 ? (
          <span className="t3">0</span>
        ) : (
          <Link
            to="/overview/sessions"
            search={{ from: theBeginning, to, person: person.sub, connection, opened: 'yes' }}
            aria-label={`${sessions} sessions of ${person.name} on ${connection}`}
          >
            {sessions.toLocaleString('en')}
          </Link>
        )}
      </td>
      <td>{lastUsedAt === undefined ? <span className="t3">never</span> : <Timestamp at={lastUsedAt} form="date-time" />}</td>
    </tr>
  )
}

const isUnused = ({ may, sessions }: AccessReviewRow): boolean => may && sessions === 0
const isLost = ({ may, sessions }: AccessReviewRow): boolean => !may && sessions > 0

function matches(row: AccessReviewRow, text: string, only: Only | undefined): boolean {
  if (only === 'unused' && !isUnused(row)) return false
  if (only === 'lost' && !isLost(row)) return false
  const { person, connection } = row
  return hasWords([person.name, person.email, connection], text)
}

const hasWords = (values: readonly (string | undefined)[], text: string): boolean =>
  values.join('\n').toLowerCase().includes(text.trim().toLowerCase())
