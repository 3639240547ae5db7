import { useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import { sessionId, type SessionId } from '../../../src-protocol/ids.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { FilterChip } from '../../components/filter-chip.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { callsOf, compareCalls, countRelations, type Relation } from './compare-calls.ts'
import { CompareHeads } from './compare-heads.tsx'
import { CompareTable } from './compare-table.tsx'
import styles from './compare-page.module.css'

type Recording = DesktopOutput<'library:get'>

/** Two recorded sessions, call by call. */
export function ComparePage() {
  const params = useParams({ from: '/compare/$left/$right' })
  const left = sessionId.safeParse(params.left)
  const right = sessionId.safeParse(params.right)
  if (!left.success || !right.success)
    return <EmptyState title="There is nothing to compare" sentence="The link does not name two sessions." />
  return <LoadedComparison left={left.data} right={right.data} />
}

function LoadedComparison({ left, right }: { left: SessionId; right: SessionId }) {
  const one = useDesktopQuery('library:get', left)
  const other = useDesktopQuery('library:get', right)
  const failed = one.isError ? one : other.isError ? other : undefined
  return (
    <div className="page">
      <PageHeader crumbs={[{ title: 'Recordings', to: '/recordings' }, { title: 'Compare' }]} title="Compare two sessions" />
      {failed ? (
        <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
      ) : one.data && other.data ? (
        <Comparison left={one.data} right={other.data} />
      ) : (
        <LoadingRows rows={12} label="Opening the recordings" />
      )}
    </div>
  )
}

const filters: readonly { relation: Relation; title: string }[] = [
  { relation: 'verdict', title: 'Ended differently' },
  { relation: 'left', title: 'Only left' },
  { relation: 'right', title: 'Only right' },
  { relation: 'same', title: 'Same' },
]

function Comparison({ left, right }: { left: Recording; right: Recording }) {
  const [ignoreValues, setIgnoreValues] = useState(false)
  const [wanted, setWanted] = useState<ReadonlySet<Relation>>(new Set())
  const pairs = useMemo(() => compareCalls(callsOf(left.rows), callsOf(right.rows), ignoreValues), [left, right, ignoreValues])
  const counts = useMemo(() => countRelations(pairs), [pairs])
  const shown = useMemo(() => (wanted.size === 0 ? pairs : pairs.filter(({ relation }) => wanted.has(relation))), [pairs, wanted])
  const toggle = (relation: Relation, on: boolean): void => {
    const next = new Set(wanted)
    if (on) next.add(relation)
    else next.delete(relation)
    setWanted(next)
  }
  return (
    <div className={styles.body}>
      <CompareHeads left={left.row} right={right.row} />
      <div className={styles.filters} role="search" aria-label="Filter calls">
        {filters.map(({ relation, title }) => (
          <FilterChip key={relation} pressed={wanted.has(relation)} onChange={(on) => toggle(relation, on)}>
            {title} <span className="num">{counts[relation].toLocaleString('en')}</span>
          </FilterChip>
        ))}
        <span className={styles.end}>
          <FilterChip
            pressed={ignoreValues}
            onChange={setIgnoreValues}
            title="Calls that differ in numbers and quoted texts only count as the same"
          >
            Ignore values
          </FilterChip>
        </span>
      </div>
      <CompareTable pairs={shown} left={left.row} right={right.row} />
    </div>
  )
}
