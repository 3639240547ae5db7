import { useDebouncedValue } from '@mantine/hooks'
import { useMemo, useState } from 'react'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { ErrorNote, ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { useNow } from '../../components/use-now.ts'
import { OpenFileButton } from './open-file-button.tsx'
import { filterRecordings, isFilteringRecordings, noRecordingFilters, sortRecordings, type Sorting } from './recording-filters.ts'
import { RecordingFilterBar } from './recording-filter-bar.tsx'
import { NoRecordings } from './no-recordings.tsx'
import { RecordingTable } from './recording-table.tsx'
import styles from './recordings-page.module.css'

/** Periods are days: a minute late is soon enough. */
const minute = 60_000

/** The library: what is on this computer, and what the gateway has besides. */
export function RecordingsPage() {
  const [text, setText] = useState('')
  const [hereOnly, setHereOnly] = useState(false)
  const [filters, setFilters] = useState(noRecordingFilters)
  const [sorting, setSorting] = useState<Sorting>({ key: 'started', descending: true })
  const [searched] = useDebouncedValue(text.trim(), 200)
  const list = useDesktopQueryWith({
    channel: 'library:list',
    input: [{ ...(searched === '' ? {} : { text: searched }), ...(hereOnly ? { hereOnly } : {}) }],
    keepPrevious: true,
  })
  const importing = useDesktopMutation('library:import', () => void list.refetch())
  const found = list.data?.rows
  const now = useNow(minute)
  const rows = useMemo(() => sortRecordings(filterRecordings(found ?? [], filters, now), sorting), [found, filters, now, sorting])

  if (list.isPending || list.isError) {
    return (
      <div className="page">
        <PageHeader title="Recordings" actions={<OpenFileButton importing={importing} />} />
        <div className={styles.body}>
          <Panel flush fill className={styles.panel}>
            {list.isPending ? (
              <LoadingRows rows={14} label="Loading the recordings" />
            ) : (
              <ErrorState error={list.error} onRetry={() => void list.refetch()} />
            )}
          </Panel>
        </div>
      </div>
    )
  }
  const { total, offline } = list.data
  if (total === 0 && searched === '' && !hereOnly) {
    return (
      <div className="page">
        <PageHeader title="Recordings" />
        {importing.isError && <Failure error={importing.error} />}
        <NoRecordings importing={importing} />
      </div>
    )
  }
  const here = list.data.rows.filter((row) => row.here).length
  const restricted = isFilteringRecordings(filters) || searched !== '' || hereOnly
  return (
    <div className="page">
      <PageHeader
        title="Recordings"
        meta={libraryMeta({ here, total, offline, restricted })}
        actions={<OpenFileButton importing={importing} />}
      />
      <RecordingFilterBar
        rows={list.data.rows}
        filters={filters}
        onFilters={setFilters}
        text={text}
        onText={setText}
        hereOnly={hereOnly}
        onHereOnly={setHereOnly}
      />
      {importing.isError && <Failure error={importing.error} />}
      <div className={styles.body}>
        <RecordingTable
          rows={rows}
          sorting={sorting}
          onSorting={setSorting}
          offline={offline}
          busy={list.isFetching}
          onChanged={() => void list.refetch()}
          onClear={
            restricted
              ? () => {
                  setText('')
                  setHereOnly(false)
                  setFilters(noRecordingFilters)
                }
              : undefined
          }
        />
      </div>
    </div>
  )
}

function Failure({ error }: { error: unknown }) {
  return (
    <div className={styles.failure}>
      <ErrorNote error={error} />
    </div>
  )
}

function libraryMeta({ here, total, offline, restricted }: { here: number; total: number; offline: boolean; restricted: boolean }): string {
  const number = (value: number): string => value.toLocaleString('en')
  if (offline) return `${number(here)} on this computer; the gateway cannot be asked for more now`
  if (restricted) return `${number(total)} sessions`
  return `${number(here)} of ${number(total)} sessions are on this computer and work without a network`
}
