import type { CopyHealth } from '../../../src-protocol/storage.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { Note } from '../../components/note.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'

const askedAgainMs = 15_000

/** How it stands with the second copy of the evidence. */
export function CopyPanel() {
  const storage = useDesktopQueryWith({ channel: 'storage:health', input: [], again: () => askedAgainMs })
  return (
    <Panel title="Second copy">
      {storage.isError && <ErrorNote error={storage.error} />}
      {storage.isSuccess && (storage.data.copy ? <Copy copy={storage.data.copy} /> : <NoCopy />)}
    </Panel>
  )
}

const NoCopy = () => (
  <p className="t2">
    There is none. A folder on another disk is named in the gateway’s configuration, under <span className="mono">archive.copy</span>.
  </p>
)

function Copy({ copy: { state, folder, waiting, entries, lastAt, behindSince, failure } }: { copy: CopyHealth }) {
  const counted = (count: number, one: string, many: string): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`
  return (
    <div className="stack">
      {state === 'failing' && (
        <Note tone="denied" title="It cannot be written.">
          {failure}
        </Note>
      )}
      {state === 'behind' && (
        <Note tone="held" title="It is behind.">
          It is longer out of date than it may be.
        </Note>
      )}
      <Facts
        items={[
          { label: 'Folder', value: <span className="mono">{folder}</span> },
          { label: 'Waiting', value: waiting === 0 ? 'no recording' : counted(waiting, 'recording', 'recordings') },
          { label: 'Log', value: entries === 0 ? 'complete' : `${counted(entries, 'entry', 'entries')} behind` },
          {
            label: 'Last brought up to date',
            value: lastAt === undefined ? 'not since the start' : <Timestamp at={lastAt} form="relative" />,
          },
          ...(behindSince === undefined || state === 'ok'
            ? []
            : [{ label: 'Behind since', value: <Timestamp at={behindSince} form="date-time" /> }]),
        ]}
      />
    </div>
  )
}
