import { ActionIcon, Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, Download, HardDrive } from 'lucide-react'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ProofState } from '../../components/proof-state.tsx'
import { formatShortTime } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import type { Timeline } from './timeline.ts'
import styles from './replay-header.module.css'

interface ReplayHeaderProps {
  row: LibraryRow
  timeline: Timeline
  /** the check that this view ran itself; until it is there, what the library knew before */
  verification: Verification | undefined
}

/** Whose session, when, where it is kept, and whether its proof holds. */
export function ReplayHeader({ row, timeline, verification }: ReplayHeaderProps) {
  const exporting = useDesktopMutation('library:export')
  const proof = verification ? (verification.verified ? 'verified' : 'failed') : row.proof
  return (
    <header className={styles.head}>
      <ActionIcon component={Link} to="/recordings" aria-label="Back to recordings" title="Back to recordings">
        <ArrowLeft aria-hidden />
      </ActionIcon>
      <h1 className="ellipsis">
        {row.connection}, {longDay.format(new Date(row.startedAt))}
      </h1>
      <span className="t3 ellipsis" title={row.reason}>
        {row.person.name} · {formatShortTime(row.startedAt)}–{formatShortTime(row.endedAt)} · {timeline.count.toLocaleString('en')} records
        · <VisibleText text={row.reason} />
      </span>
      <div className={styles.actions}>
        <span role="status" className="small t2 ellipsis">
          {exporting.isError && exporting.error.message}
          {exporting.data && exporting.data.length > 0 && (
            <span title={exporting.data.join('\n')}>Exported {exporting.data.length} files</span>
          )}
        </span>
        {row.here && <ToneMark icon={HardDrive} tone={undefined} word="On this computer" form="badge" />}
        <Link to="/recordings/$session/proof" params={{ session: row.session }} className={styles.proof}>
          <ProofState state={proof} form="badge" />
        </Link>
        <Button leftSection={<Download aria-hidden />} loading={exporting.isPending} onClick={() => exporting.mutate([row.session])}>
          Export
        </Button>
      </div>
    </header>
  )
}

const longDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
