import { Layers, Wrench } from 'lucide-react'
import { memo, useMemo, type Ref } from 'react'
import type { Verdict as VerdictName } from '../../../src-protocol/model.ts'
import { FilterChip, FilterMenu } from '../../components/filter-chip.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { Verdict } from '../../components/verdict.tsx'
import { kindTitles } from './kind-titles.ts'
import { countKinds, countTools, countVerdicts, isFiltering, noFilters, type ReplayFilters } from './replay-filters.ts'
import { verdictNames } from '../../../src-core/recording/replay-columns.ts'
import type { Timeline } from './timeline.ts'
import styles from './filter-bar.module.css'

interface FilterBarProps {
  timeline: Timeline
  filters: ReplayFilters
  onFilters: (filters: ReplayFilters) => void
  text: string
  onText: (text: string) => void
  onStep: (direction: 1 | -1) => void
  searching: boolean
  shownCount: number
  searchRef: Ref<HTMLInputElement>
}

/** What the list shows: by text, verdict, tool and kind, each with its count. */
export function FilterBar({ timeline, filters, onFilters, text, onText, onStep, searching, shownCount, searchRef }: FilterBarProps) {
  const total = timeline.count
  return (
    <div className={styles.bar} role="search" aria-label="Filter messages">
      <div className={styles.search}>
        <SearchField ref={searchRef} small label="Find in messages" keyHint="/" value={text} onChange={onText} onStep={onStep} />
      </div>
      <Filters timeline={timeline} filters={filters} onFilters={onFilters} />
      <span className={`${styles.count} small t3 num`} role="status">
        {searching
          ? 'Searching…'
          : shownCount === total
            ? `All ${total.toLocaleString('en')} shown`
            : `${shownCount.toLocaleString('en')} of ${total.toLocaleString('en')}`}
        {!searching && (isFiltering(filters) || text !== '') && (
          <button
            type="button"
            className={styles.reset}
            onClick={() => {
              onText('')
              onFilters(noFilters)
            }}
          >
            Show all
          </button>
        )}
      </span>
    </div>
  )
}

/** Of its own, so that no keystroke redraws them. */
const Filters = memo(function Filters({ timeline, filters, onFilters }: Pick<FilterBarProps, 'timeline' | 'filters' | 'onFilters'>) {
  const verdicts = useMemo(() => countVerdicts(timeline), [timeline])
  const tools = useMemo(() => countTools(timeline), [timeline])
  const kinds = useMemo(() => countKinds(timeline), [timeline])
  const toggle = (verdict: VerdictName, on: boolean): void => {
    const next = new Set(filters.verdicts)
    if (on) next.add(verdict)
    else next.delete(verdict)
    onFilters({ ...filters, verdicts: next })
  }
  return (
    <>
      {verdictNames
        .filter((verdict) => verdict !== 'failed' || verdicts.failed > 0)
        .map((verdict) => (
          <FilterChip key={verdict} pressed={filters.verdicts.has(verdict)} onChange={(on) => toggle(verdict, on)}>
            <Verdict verdict={verdict} /> <span className="num">{verdicts[verdict].toLocaleString('en')}</span>
          </FilterChip>
        ))}
      <FilterMenu
        label="Tool"
        icon={Wrench}
        options={tools.map(({ tool, count }) => ({ value: tool, label: <span className="mono">{tool}</span>, count }))}
        value={filters.tool}
        onChange={(tool) => onFilters({ ...filters, tool })}
      />
      <FilterMenu
        label="Kind"
        icon={Layers}
        options={kinds.map(({ kind, count }) => ({ value: kind, label: kindTitles[kind], count }))}
        value={filters.kind}
        onChange={(kind) => onFilters({ ...filters, kind })}
      />
    </>
  )
})
