import { Button } from '@mantine/core'
import { useParams, useSearch } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { sessionId, type SessionId } from '../../../src-protocol/ids.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { useForgetRecording } from '../proof/use-verification.ts'
import { Replay } from './replay.tsx'

/** One recorded session, message by message. */
export function ReplayPage() {
  const params = useParams({ from: '/recordings/$session' })
  const { seq } = useSearch({ from: '/recordings/$session' })
  const session = sessionId.safeParse(params.session)
  if (!session.success) return <EmptyState title="There is no such recording" sentence="The link does not name a session." />
  return <LoadedReplay session={session.data} seq={seq} />
}

function LoadedReplay({ session, seq }: { session: SessionId; seq: number | undefined }) {
  const recording = useDesktopQuery('library:open', session)
  const forget = useForgetRecording()
  if (recording.isPending) return <LoadingRows rows={14} label="Opening the recording" />
  if (recording.isError) {
    if (recording.error.code === 'NOT_FOUND') return <NotHere session={session} onDownloaded={() => forget(session)} />
    return <ErrorState error={recording.error} onRetry={() => void recording.refetch()} />
  }
  return <Replay key={`${session} ${recording.dataUpdatedAt}`} row={recording.data.row} columns={recording.data.columns} seq={seq} />
}

/** Replaying works on what is on this computer: it offers to bring the recording here. */
function NotHere({ session, onDownloaded }: { session: SessionId; onDownloaded: () => void }) {
  const { gateway } = useDesktopState()
  const download = useDesktopMutation('library:download', onDownloaded)
  return (
    <EmptyState
      title="This recording is not on this computer"
      sentence="Download it to replay, search and verify it here, also without a network."
      steps={[
        {
          icon: Download,
          title: 'Download from the gateway',
          sentence: 'It is verified when it arrives.',
          action: (
            <ReasonButton
              variant="filled"
              reason={gateway.reachable ? undefined : `${new URL(gateway.url).host} cannot be reached.`}
              loading={download.isPending}
              onClick={() => download.mutate([session])}
            >
              Download
            </ReasonButton>
          ),
          ...(download.isError ? { obstacle: `${download.error.message} ${download.error.remedy}` } : {}),
        },
      ]}
      hint={
        <Button component="a" href="#/recordings">
          All recordings
        </Button>
      }
    />
  )
}
