import { useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import { sessionId, type SessionId } from '../../../src-protocol/ids.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { FilterChip } from '../../components/filter-chip.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { CompareHeads } from './compare-heads.tsx'
import { CompareTable } from './compare-table.tsx'
import { choosePairs, readPairs, type Relation } from './compared-pairs.ts'
import styles from './compare-page.module.css'

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
  const [ignoreValues, setIgnoreValues] = useState(false)
  const comparison = useDesktopQueryWith({ channel: 'library:compare', input: [{ left, right, ignoreValues }], keepPrevious: true })
  return (
    <div className="page">
      <PageHeader crumbs={[{ title: 'Recordings', to: '/recordings' }, { title: 'Compare' }]} title="Compare two sessions" />
      {comparison.isError ? (
        <ErrorState error={comparison.error} onRetry={() => void comparison.refetch()} />
      ) : comparison.data ? (
        <Comparison
          {...comparison.data}
          ignoreValues={ignoreValues}
          onIgnoreValues={setIgnoreValues}
          comparing={comparison.isPlaceholderData}
        />
      ) : (
        <LoadingPage rows={12} label="Comparing the recordings" />
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

interface ComparisonProps extends DesktopOutput<'library:compare'> {
  ignoreValues: boolean
  onIgnoreValues: (on: boolean) => void
  /** what is shown is still the comparison before */
  comparing: boolean
}

function Comparison({ left, right, pairs: columns, ignoreValues, onIgnoreValues, comparing }: ComparisonProps) {
  const [wanted, setWanted] = useState<ReadonlySet<Relation>>(new Set())
  const pairs = useMemo(() => readPairs(columns), [columns])
  const shown = useMemo(() => choosePairs(pairs, wanted), [pairs, wanted])
  const toggle = (relation: Relation, on: boolean): void => {
    const next = new Set(wanted)
    if (on) next.add(relation)
    else next.delete(relation)
    setWanted(next)
  }
  return (
    <div className={styles.body}>
      <CompareHeads left={left} right={right} />
      <div className={styles.filters} role="search" aria-label="Filter calls">
        {filters.map(({ relation, title }) => (
          <FilterChip key={relation} pressed={wanted.has(relation)} onChange={(on) => toggle(relation, on)}>
            {title} <span className="num">{pairs.counts[relation].toLocaleString('en')}</span>
          </FilterChip>
        ))}
        <span className={styles.end}>
          <span role="status" className="small t3">
            {comparing && 'Comparing…'}
          </span>
          <FilterChip
            pressed={ignoreValues}
            onChange={onIgnoreValues}
            title="Calls that differ in values only, such as numbers and quoted texts, count as the same"
          >
            Ignore values
          </FilterChip>
        </span>
      </div>
      <CompareTable pairs={shown} left={left} right={right} />
    </div>
  )
}
