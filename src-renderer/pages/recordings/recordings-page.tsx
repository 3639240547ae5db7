import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useMemo, useState } from 'react'
import type { LibraryFacets, RecordQuery } from '../../../src-protocol/desktop-library.ts'
import { useDownloads } from '../../api/use-downloads.ts'
import { useDesktopPages } from '../../api/use-desktop-pages.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { useNow } from '../../components/use-now.ts'
import { SearchGatewayLink } from './search-gateway-link.tsx'
import { FoundRecords } from './found-records.tsx'
import { DownloadsNote } from './downloads-note.tsx'
import { ImportNote } from './import-note.tsx'
import { OpenFileButton } from './open-file-button.tsx'
import { useImport } from './use-import.ts'
import { isFilteringRecordings, libraryQueryOf, noRecordingFilters, recordQueryOf, withAway, type Sorting } from './recording-filters.ts'
import { RecordingFilterBar, type Searching } from './recording-filter-bar.tsx'
import { NoRecordings } from './no-recordings.tsx'
import { RecordingTable } from './recording-table.tsx'
import styles from './recordings-page.module.css'

const noFacets: LibraryFacets = { connections: [], people: [], proofs: [], tools: [], rules: [] }
const nothing = { total: 0, here: 0, offline: false }

/** Periods are days: a minute late is soon enough. */
const minute = 60_000

/** The library: what is on this computer, and what the gateway has besides. */
export function RecordingsPage() {
  const [text, setText] = useState('')
  const [hereOnly, setHereOnly] = useState(false)
  const [searching, setSearching] = useState<Searching>('recordings')
  const [filters, setFilters] = useState(noRecordingFilters)
  const [sorting, setSorting] = useState<Sorting>({ key: 'started', descending: true })
  const [searched] = useDebouncedValue(text.trim(), 200)
  const now = useNow(minute)
  const list = useDesktopPages('library:list', libraryQueryOf({ filters, text: searched, now, sorting, hereOnly }))
  const facets = useDesktopQuery('library:facets')
  const onChanged = (): void => {
    void list.refetch()
    void facets.refetch()
  }
  const importing = useImport(onChanged)
  const downloads = useDownloads(onChanged)
  // whoever looks at recordings opens one next: its page is read before it is asked for
  useEffect(() => {
    const handle = requestIdleCallback(() => void import('../replay/replay-page.tsx'))
    return () => cancelIdleCallback(handle)
  }, [])
  const pages = list.data?.pages
  const rows = useMemo(() => (pages ?? []).flatMap((page) => page.rows), [pages])
  const choices = useMemo(() => withAway(facets.data ?? noFacets, rows), [facets.data, rows])

  if (list.isPending || list.isError) {
    return (
      <div className="page">
        <PageHeader title="Recordings" actions={<OpenFileButton importing={importing} />} />
        {list.isPending ? (
          <LoadingPage rows={14} label="Loading the recordings" />
        ) : (
          <ErrorState error={list.error} onRetry={() => void list.refetch()} />
        )}
      </div>
    )
  }
  const { total, here, offline } = list.data.pages[0] ?? nothing
  if (total === 0 && searched === '' && !hereOnly) {
    return (
      <div className="page">
        <PageHeader title="Recordings" />
        <ImportNote importing={importing} />
        <DownloadsNote downloads={downloads} />
        <NoRecordings importing={importing} />
      </div>
    )
  }
  const restricted = isFilteringRecordings(filters) || searched !== '' || hereOnly
  return (
    <div className="page">
      <PageHeader
        title="Recordings"
        meta={libraryMeta({ here, total, offline })}
        actions={
          <>
            {!offline && <SearchGatewayLink />}
            <OpenFileButton importing={importing} />
          </>
        }
      />
      <RecordingFilterBar
        facets={choices}
        filters={filters}
        onFilters={setFilters}
        text={text}
        onText={setText}
        hereOnly={hereOnly}
        onHereOnly={setHereOnly}
        searching={searching}
        onSearching={setSearching}
      />
      <ImportNote importing={importing} />
      <DownloadsNote downloads={downloads} />
      <div className={styles.body}>
        {searching === 'messages' ? (
          <FoundMessages query={recordQueryOf({ filters, text: searched, now })} />
        ) : (
          <RecordingTable
            rows={rows}
            sorting={sorting}
            onSorting={setSorting}
            offline={offline}
            busy={list.isFetching}
            more={list.hasNextPage}
            onMore={() => void list.fetchNextPage()}
            onChanged={onChanged}
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
        )}
      </div>
    </div>
  )
}

/** Messages are looked for by words or by what they are; without either, all of them would be shown. */
function FoundMessages({ query }: { query: RecordQuery }) {
  const { text, tool, rule, verdict, connection, person } = query
  const asked = text !== '' || [tool, rule, verdict, connection, person].some((value) => value !== undefined)
  return asked ? <FoundRecords query={query} /> : <p className="t2">Type what you look for, or choose a filter.</p>
}

function libraryMeta({ here, total, offline }: { here: number; total: number; offline: boolean }): string {
  const number = (value: number): string => value.toLocaleString('en')
  if (offline) return `${number(here)} on this computer; the gateway cannot be asked for more now`
  return `${number(here)} of ${number(total)} sessions are on this computer and work without a network`
}
