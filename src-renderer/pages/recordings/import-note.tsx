import { Button } from '@mantine/core'
import { FileArchive, ShieldCheck, ShieldX } from 'lucide-react'
import type { ImportState } from '../../../src-protocol/desktop-library.ts'
import type { OpenedPack } from '../../../src-protocol/evidence.ts'
import { Note } from '../../components/note.tsx'
import { visibleText } from '../../components/visible-characters.ts'
import type { Import } from './use-import.ts'
import styles from './import-note.module.css'

/** How far an import is, and what came of it. */
export function ImportNote({ importing: { state, cancel, dismiss } }: { importing: Import }) {
  if (!state) return null
  const file = visibleText(state.file)
  if (state.state === 'running') {
    const share = state.total === 0 ? 0 : state.done / state.total
    return (
      <div className={styles.note}>
        <Note
          icon={FileArchive}
          title={`Checking and opening ${file}.`}
          action={
            <Button size="sm" onClick={cancel}>
              Stop
            </Button>
          }
        >
          <progress className={styles.bar} value={share} max={1} aria-label={`Opening ${file}`} />
          {state.total > 1 && `${Math.floor(share * 100)} %`}
        </Note>
      </div>
    )
  }
  const close = (
    <Button size="sm" variant="quiet" onClick={dismiss}>
      Close
    </Button>
  )
  if (state.state === 'failed') {
    return (
      <div className={styles.note}>
        <Note tone="denied" icon={ShieldX} alert title={`${file} was not opened.`} action={close}>
          {visibleText(state.message)} {state.remedy}
          <OtherFiles others={state.others} />
        </Note>
      </div>
    )
  }
  const { recordings, failed, pack } = state
  const counted = `${recordings} ${recordings === 1 ? 'recording' : 'recordings'}`
  return (
    <div className={styles.note} role="status">
      <Note
        tone={failed > 0 ? 'denied' : pack?.key === 'pack' ? 'held' : 'allowed'}
        icon={failed > 0 ? ShieldX : ShieldCheck}
        title={failed > 0 ? `${failed} of ${counted} from ${file} do not verify.` : `${counted} from ${file} opened and verified.`}
        action={close}
      >
        {pack && aboutPack(pack)}
        <OtherFiles others={state.others} />
      </Note>
    </div>
  )
}

/** What came of the files that were opened before, of several at once. */
function OtherFiles({ others }: { others: Extract<ImportState, { state: 'finished' }>['others'] }) {
  if (others === undefined) return null
  return (
    <ul className={styles.others} tabIndex={0} aria-label="The other files">
      {others.map(({ file, recordings, failed, problem }, place) => (
        <li key={place}>
          <span className="medium">{visibleText(file)}</span>:{' '}
          {problem
            ? `not opened. ${visibleText(problem.message)} ${problem.remedy}`
            : `${recordings} ${recordings === 1 ? 'recording' : 'recordings'}, ${failed === 0 ? 'verified' : `${failed} of them do not verify`}.`}
        </li>
      ))}
    </ul>
  )
}

function aboutPack({ gateway, from, to, entries, sessions, sample, key }: OpenedPack): string {
  const number = (value: number): string => value.toLocaleString('en')
  const what = `An evidence pack of ${visibleText(gateway)}, ${visibleText(from.slice(0, 10))} to ${visibleText(to.slice(0, 10))}: ${number(entries)} log entries, ${number(sessions)} sessions, ${number(sample)} of them in the sample.`
  const whose =
    key === 'pinned'
      ? 'Its files, its log entries and its manifest are signed by the key that this computer has pinned.'
      : 'Its files and log entries fit each other and the key in the pack. This computer does not know that key: compare it with one from elsewhere.'
  return `${what} ${whose}`
}
