import { Button } from '@mantine/core'
import { useParams, useSearch } from '@tanstack/react-router'
import { Download, RefreshCw } from 'lucide-react'
import { sessionId, type SessionId } from '../../../src-protocol/ids.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorNote, ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { FailedSide } from './failed-side.tsx'
import { OutcomeBand } from './outcome-band.tsx'
import { ProofSteps } from './proof-steps.tsx'
import { useForgetRecording, useVerification } from './use-verification.ts'
import { VerifiedSide } from './verified-side.tsx'
import styles from './proof-page.module.css'

/** How a recording, or one of its records, is proven: five steps as one chain. */
export function ProofPage() {
  const params = useParams({ from: '/recordings/$session/proof' })
  const { seq } = useSearch({ from: '/recordings/$session/proof' })
  const session = sessionId.safeParse(params.session)
  if (!session.success) return <EmptyState title="There is no such recording" sentence="The link does not name a session." />
  return <Proof key={`${session.data} ${seq}`} session={session.data} seq={seq} />
}

function Proof({ session, seq }: { session: SessionId; seq: number | undefined }) {
  const verification = useVerification(session, seq)
  const forget = useForgetRecording()
  const exporting = useDesktopMutation('library:export')
  const subject = useSubject(session)
  const title = seq === undefined ? 'Proof of the recording' : `Proof of message ${seq}`
  return (
    <div className="page">
      <PageHeader
        crumbs={[
          { title: 'Recordings', to: '/recordings' },
          { title: subject, to: `/recordings/${session}` },
          { title: seq === undefined ? 'Proof' : `Message ${seq}` },
        ]}
        title={title}
        actions={
          <>
            <span role="status" className="small t2">
              {exporting.data && exporting.data.length > 0 && (
                <span title={exporting.data.join('\n')}>Exported {exporting.data.length} files</span>
              )}
            </span>
            <Button leftSection={<RefreshCw aria-hidden />} loading={verification.isFetching} onClick={() => void verification.refetch()}>
              Check again
            </Button>
            <Button leftSection={<Download aria-hidden />} loading={exporting.isPending} onClick={() => exporting.mutate([session])}>
              Export proof
            </Button>
          </>
        }
      />
      {exporting.isError && (
        <div className={styles.failure}>
          <ErrorNote error={exporting.error} />
        </div>
      )}
      {verification.isPending ? (
        <LoadingPage rows={10} label="Checking the proof" />
      ) : verification.isError ? (
        <ErrorState error={verification.error} onRetry={() => void verification.refetch()} />
      ) : (
        <Checked
          verification={verification.data}
          session={session}
          seq={seq}
          onExport={() => exporting.mutate([session])}
          onRenewed={() => forget(session)}
        />
      )}
    </div>
  )
}

interface CheckedProps {
  verification: Verification
  session: SessionId
  seq: number | undefined
  onExport: () => void
  /** another copy is in the library now */
  onRenewed: () => void
}

function Checked({ verification, session, seq, onExport, onRenewed }: CheckedProps) {
  return (
    <div className={styles.body}>
      <OutcomeBand verification={verification} seq={seq} />
      <div className={styles.columns}>
        <ProofSteps verification={verification} session={session} />
        <div className={styles.side}>
          {verification.verified ? (
            <VerifiedSide verification={verification} session={session} onExport={onExport} />
          ) : (
            <FailedSide verification={verification} session={session} seq={seq} onExport={onExport} onRenewed={onRenewed} />
          )}
        </div>
      </div>
    </div>
  )
}

/** `orders-db, 19 November 2026`, once the library has told; the session's id until then. */
function useSubject(session: SessionId): string {
  const row = useDesktopQuery('library:open', session).data?.row
  return row ? `${row.connection}, ${longDay.format(new Date(row.startedAt))}` : session
}

const longDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
