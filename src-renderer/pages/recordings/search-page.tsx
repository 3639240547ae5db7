import { Button, TextInput } from '@mantine/core'
import { Calendar, Download } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { DesktopInput } from '../../../src-protocol/desktop-api.ts'
import type { RecordingHit, RecordingHits } from '../../../src-protocol/recording-search.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useDownloads } from '../../api/use-downloads.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { FilterMenu } from '../../components/filter-chip.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { Verdict } from '../../components/verdict.tsx'
import { useToday } from '../../components/use-today.ts'
import { VisibleText } from '../../components/visible-text.tsx'
import { DownloadsNote } from './downloads-note.tsx'
import { titleOfPeriod } from './period-titles.ts'
import { periods, rangeOfPeriod } from './recording-filters.ts'
import { noSearch, searchQueryOf, type SearchDraft } from './search-draft.ts'
import { SearchHit } from './search-hit.tsx'
import styles from './search-page.module.css'

type Query = DesktopInput<'recordings:search'>

const verdicts = ['allowed', 'masked', 'held', 'denied'] as const
const crumbs = [{ title: 'Recordings', to: '/recordings' }]

/** Everything that the gateway recorded, by words in the messages and by what became of the calls. */
export function SearchPage() {
  const [draft, setDraft] = useState(noSearch)
  const [asked, setAsked] = useState<Query>()
  const [hits, setHits] = useState<readonly RecordingHit[]>([])
  const search = useDesktopMutation('recordings:search', ({ hits: more }) => setHits((before) => [...before, ...more]))
  const answer = search.data
  const downloads = useDownloads()
  const download = useDesktopMutation('downloads:add-matching')

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const query = searchQueryOf(draft, (period) => rangeOfPeriod(period, Date.now()))
    setAsked(query)
    setHits([])
    search.mutate(query)
  }
  const goOn = (): void => {
    if (asked && answer?.next !== undefined) search.mutate({ ...asked, cursor: answer.next })
  }

  return (
    <div className="page">
      <PageHeader crumbs={crumbs} title="Search the gateway" meta="words in the messages of every sealed session" />
      <form className={styles.bar} role="search" aria-label="Search the gateway" onSubmit={submit}>
        <Fields draft={draft} onDraft={setDraft} />
        <Button type="submit" variant="filled" loading={search.isPending}>
          Search
        </Button>
      </form>
      <DownloadsNote downloads={downloads} />
      <div className={styles.body}>
        {download.isError && <ErrorNote error={download.error} />}
        {search.isError && <ErrorNote error={search.error} />}
        <Panel flush fill className={styles.panel}>
          {asked === undefined ? (
            <Explanation />
          ) : (
            <Results
              hits={hits}
              answer={answer}
              pending={search.isPending}
              onMore={goOn}
              downloading={download.isPending}
              onDownload={() => download.mutate(asked)}
            />
          )}
        </Panel>
      </div>
    </div>
  )
}

function Fields({ draft, onDraft }: { draft: SearchDraft; onDraft: (draft: SearchDraft) => void }) {
  const now = useToday()
  return (
    <>
      <div className={styles.words}>
        <SearchField
          label="Words in messages"
          placeholder="Words in messages, such as invoice or refun*"
          value={draft.text}
          onChange={(text) => onDraft({ ...draft, text })}
        />
      </div>
      <TextInput
        aria-label="Tool"
        placeholder="Tool"
        className={styles.name}
        maxLength={256}
        value={draft.tool}
        onChange={({ currentTarget }) => onDraft({ ...draft, tool: currentTarget.value })}
      />
      <TextInput
        aria-label="Rule"
        placeholder="Rule"
        className={styles.name}
        maxLength={256}
        value={draft.rule}
        onChange={({ currentTarget }) => onDraft({ ...draft, rule: currentTarget.value })}
      />
      <TextInput
        aria-label="Connection"
        placeholder="Connection"
        className={styles.name}
        maxLength={63}
        value={draft.connection}
        onChange={({ currentTarget }) => onDraft({ ...draft, connection: currentTarget.value })}
      />
      <PersonFilter value={draft.person} onChange={(person) => onDraft({ ...draft, person })} />
      <FilterMenu
        label="Verdict"
        options={verdicts.map((verdict) => ({ value: verdict, label: <Verdict verdict={verdict} /> }))}
        value={draft.verdict}
        onChange={(verdict) => onDraft({ ...draft, verdict })}
      />
      <FilterMenu
        label="Period"
        icon={Calendar}
        options={periods.map((period) => ({ value: period, label: titleOfPeriod(period, now) }))}
        value={draft.period}
        onChange={(period) => onDraft({ ...draft, period })}
      />
    </>
  )
}

/** Everybody whom the gateway has seen, by their names. */
function PersonFilter({ value, onChange }: { value: string | undefined; onChange: (person: string | undefined) => void }) {
  const people = useDesktopQuery('people:list').data ?? []
  return (
    <FilterMenu
      label="Person"
      options={people.map(({ person: { sub, name } }) => ({ value: sub, label: <VisibleText text={name} /> }))}
      value={value}
      onChange={onChange}
    />
  )
}

function Explanation() {
  return (
    <div className={styles.note}>
      <p className="t2">
        Every word has to occur in one call. A star finds the beginning of a word: <code>refun*</code>. What was masked cannot be found: it
        was never recorded.
      </p>
      <p className="t3 small">The log says who searched and of which sessions something was shown, not what was searched for.</p>
    </div>
  )
}

interface ResultsProps {
  hits: readonly RecordingHit[]
  answer: RecordingHits | undefined
  pending: boolean
  onMore: () => void
  downloading: boolean
  onDownload: () => void
}

function Results({ hits, answer, pending, onMore, downloading, onDownload }: ResultsProps) {
  return (
    <div className={styles.results} aria-busy={pending}>
      <div className={styles.count}>
        <p className="t2 grow" role="status">
          {pending && hits.length === 0 ? 'Searching…' : countOf(hits.length, answer)}
        </p>
        {hits.length > 0 && (
          <Button size="sm" loading={downloading} leftSection={<Download className="small" aria-hidden />} onClick={onDownload}>
            Download all that match
          </Button>
        )}
      </div>
      <ol className={styles.list} aria-label="Sessions">
        {hits.map((hit) => (
          <SearchHit key={hit.summary.session} hit={hit} />
        ))}
      </ol>
      {answer?.next !== undefined && (
        <div className={styles.more}>
          <Button variant="default" loading={pending} onClick={onMore}>
            Look further back
          </Button>
        </div>
      )}
    </div>
  )
}

function countOf(found: number, answer: RecordingHits | undefined): string {
  if (!answer) return ''
  const sessions = found === 1 ? '1 session' : `${found.toLocaleString('en')} sessions`
  const so =
    answer.next === undefined
      ? found === 0
        ? 'No session fits.'
        : `${sessions}, the last to end first.`
      : `${sessions} so far, the last to end first.`
  return answer.waiting === 0 ? so : `${so} ${answer.waiting.toLocaleString('en')} more are still being made searchable.`
}
