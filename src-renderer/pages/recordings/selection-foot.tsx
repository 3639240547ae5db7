import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Columns2, Download, FileDown, ShieldCheck, Trash2, X } from 'lucide-react'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ReasonButton } from '../../components/reason-button.tsx'
import { RemoveRecordings } from './remove-recordings.tsx'
import { useVerifyMany } from './use-verify-many.ts'
import styles from './selection-foot.module.css'

/** that one question or one answer is about */
const mostAtOnce = 500

interface SelectionFootProps {
  rows: readonly LibraryRow[]
  offline: boolean
  onChanged: () => void
  onDone: () => void
  /** `1–16 of 96` */
  range: string
}

/** What can be done with the selected recordings. Each button acts on the rows it can act on, and says on how many. */
export function SelectionFoot({ rows, offline, onChanged, onDone, range }: SelectionFootProps) {
  const here = rows.filter((row) => row.here).map((row) => row.session)
  const away = rows.filter((row) => !row.here).map((row) => row.session)
  const download = useDesktopMutation('downloads:add')
  const exporting = useDesktopMutation('library:export')
  const verifying = useVerifyMany(onChanged)
  const navigate = useNavigate()
  const [left, right] = here
  const [removing, setRemoving] = useState(false)
  const none = rows.length === 0
  const noneHere = none ? 'Select recordings first.' : 'None of the selected is on this computer.'
  const error = download.error ?? exporting.error ?? verifying.error
  return (
    <footer className={styles.foot}>
      <span className="medium num nowrap">{none ? 'Nothing selected' : `${rows.length.toLocaleString('en')} selected`}</span>
      {verifying.progress ? (
        <>
          <span className="t2 num" role="status">
            Verifying {verifying.progress.done + 1} of {verifying.progress.total}
          </span>
          <Button size="sm" onClick={verifying.cancel}>
            Stop
          </Button>
        </>
      ) : (
        <>
          <ReasonButton
            size="sm"
            reason={here.length > 0 ? undefined : noneHere}
            leftSection={<ShieldCheck className="small" aria-hidden />}
            onClick={() => verifying.start(here)}
          >
            Verify{countOf(here.length, rows.length)}
          </ReasonButton>
          <ReasonButton
            size="sm"
            reason={here.length === 2 ? undefined : 'Select two recordings that are on this computer.'}
            leftSection={<Columns2 className="small" aria-hidden />}
            onClick={() => left && right && void navigate({ to: '/compare/$left/$right', params: { left, right } })}
          >
            Compare
          </ReasonButton>
          <ReasonButton
            size="sm"
            reason={here.length > 0 ? undefined : noneHere}
            loading={exporting.isPending}
            leftSection={<FileDown className="small" aria-hidden />}
            onClick={() => exporting.mutate(here)}
          >
            Export{countOf(here.length, rows.length)}
          </ReasonButton>
          <ReasonButton
            size="sm"
            reason={downloadObstacle(none, away.length, offline)}
            loading={download.isPending}
            leftSection={<Download className="small" aria-hidden />}
            onClick={() => download.mutate(away.slice(0, mostAtOnce))}
          >
            Download{countOf(away.length, rows.length)}
          </ReasonButton>
          <ReasonButton
            size="sm"
            reason={here.length > 0 ? undefined : noneHere}
            leftSection={<Trash2 className="small" aria-hidden />}
            onClick={() => setRemoving(true)}
          >
            Remove{countOf(here.length, rows.length)}
          </ReasonButton>
        </>
      )}
      {!none && (
        <Button size="sm" variant="quiet" leftSection={<X className="small" aria-hidden />} onClick={onDone}>
          Clear
        </Button>
      )}
      <span
        role="status"
        className={`${styles.outcome} small ${error ? styles.failed : 't2'} ellipsis`}
        title={error ? error.remedy : exporting.data?.join('\n')}
      >
        {error
          ? error.message
          : (verifying.outcome ?? (exporting.data && exporting.data.length > 0 ? `${exporting.data.length} files exported` : ''))}
      </span>
      <span className="right small t3 num nowrap">{range}</span>
      {removing && (
        <RemoveRecordings
          rows={rows.filter((row) => row.here).slice(0, mostAtOnce)}
          onClose={() => setRemoving(false)}
          onRemoved={onChanged}
        />
      )}
    </footer>
  )
}

/** `Verify 3` where a button acts on some of the selected only. */
function countOf(some: number, all: number): string {
  return some > 0 && some < all ? ` ${some.toLocaleString('en')}` : ''
}

function downloadObstacle(none: boolean, away: number, offline: boolean): string | undefined {
  if (none) return 'Select recordings first.'
  if (away === 0) return 'All of the selected are on this computer already.'
  return offline ? 'The gateway cannot be reached, or nobody is signed in.' : undefined
}
