import { Calendar, HardDrive, MessageSquareText } from 'lucide-react'
import type { LibraryFacets } from '../../../src-protocol/desktop-library.ts'
import { FilterChip, FilterMenu } from '../../components/filter-chip.tsx'
import { ProofState, type ProofStateName } from '../../components/proof-state.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { useToday } from '../../components/use-today.ts'
import { Verdict } from '../../components/verdict.tsx'
import { visibleText } from '../../components/visible-characters.ts'
import { titleOfPeriod } from './period-titles.ts'
import { periods, seriousVerdicts, type RecordingFilters } from './recording-filters.ts'
import styles from './recording-filter-bar.module.css'

/** What is shown: recordings, or the messages in them. */
export type Searching = 'recordings' | 'messages'

interface RecordingFilterBarProps {
  facets: LibraryFacets
  filters: RecordingFilters
  onFilters: (filters: RecordingFilters) => void
  text: string
  onText: (text: string) => void
  hereOnly: boolean
  onHereOnly: (hereOnly: boolean) => void
  searching: Searching
  onSearching: (searching: Searching) => void
}

/** Which recordings the table shows. */
export function RecordingFilterBar({
  facets,
  filters,
  onFilters,
  text,
  onText,
  hereOnly,
  onHereOnly,
  searching,
  onSearching,
}: RecordingFilterBarProps) {
  const now = useToday()
  return (
    <div className={styles.bar} role="search" aria-label="Filter recordings">
      <div className={styles.search}>
        <SearchField label="Search recordings" placeholder="Tool, rule, person, text in messages" value={text} onChange={onText} />
      </div>
      <FilterMenu
        label="Period"
        icon={Calendar}
        options={periods.map((period) => ({ value: period, label: titleOfPeriod(period, now) }))}
        value={filters.period}
        onChange={(period) => onFilters({ ...filters, period })}
      />
      <FilterMenu
        label="Connection"
        options={facets.connections.map(({ value, count }) => ({ value, label: value, count }))}
        value={filters.connection}
        onChange={(connection) => onFilters({ ...filters, connection })}
      />
      <FilterMenu
        label="Person"
        options={facets.people.map(({ value, label = value, count }) => ({ value, label, count }))}
        value={filters.person}
        onChange={(person) => onFilters({ ...filters, person })}
      />
      <FilterMenu
        label="Verdict"
        options={seriousVerdicts.map((verdict) => ({ value: verdict, label: <Verdict verdict={verdict} /> }))}
        value={filters.verdict}
        onChange={(verdict) => onFilters({ ...filters, verdict })}
      />
      {searching === 'messages' ? (
        <>
          <FilterMenu
            label="Tool"
            options={facets.tools.map(({ value, count }) => ({ value, label: <span className="mono">{visibleText(value)}</span>, count }))}
            value={filters.tool}
            onChange={(tool) => onFilters({ ...filters, tool })}
          />
          <FilterMenu
            label="Rule"
            options={facets.rules.map(({ value, count }) => ({ value, label: <span className="mono">{visibleText(value)}</span>, count }))}
            value={filters.rule}
            onChange={(rule) => onFilters({ ...filters, rule })}
          />
        </>
      ) : (
        <FilterMenu
          label="Proof"
          options={facets.proofs.map(({ value, count }) => ({
            value: value as ProofStateName,
            label: <ProofState state={value as ProofStateName} />,
            count,
          }))}
          value={filters.proof}
          onChange={(proof) => onFilters({ ...filters, proof })}
        />
      )}
      <span className={styles.end}>
        <FilterChip
          pressed={searching === 'messages'}
          onChange={(on) => onSearching(on ? 'messages' : 'recordings')}
          title="Show the messages in which the words are, of all sessions on this computer"
        >
          <MessageSquareText className="small" aria-hidden />
          Messages
        </FilterChip>
        {searching === 'recordings' && (
          <FilterChip pressed={hereOnly} onChange={onHereOnly}>
            <HardDrive className="small" aria-hidden />
            On this computer only
          </FilterChip>
        )}
      </span>
    </div>
  )
}
