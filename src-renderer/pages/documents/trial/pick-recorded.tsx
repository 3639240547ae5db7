import { Select } from '@mantine/core'
import { useState } from 'react'
import type { AppError } from '../../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../../src-protocol/ids.ts'
import { desktop } from '../../../api/desktop.ts'
import { useDesktopQueryWith } from '../../../api/use-desktop-query.ts'
import { Dialog } from '../../../components/dialog.tsx'
import { DialogButtons } from '../../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../../components/error-state.tsx'
import { LoadingRows } from '../../../components/loading-rows.tsx'
import { ReasonButton } from '../../../components/reason-button.tsx'
import { formatDateTime } from '../../../components/time.ts'
import { messageOf } from './recorded-response.ts'
import { RecordedResponses } from './recorded-responses.tsx'

export interface PickedResponse {
  text: string
  connection: string
  tool?: string | undefined
}

/** A response out of the recordings on this computer. What was masked when it was recorded stays masked. */
export function PickRecorded({ onClose, onPick }: { onClose: () => void; onPick: (picked: PickedResponse) => void }) {
  const [session, setSession] = useState<string | null>(null)
  const [seq, setSeq] = useState<number>()
  const [error, setError] = useState<AppError>()
  const list = useDesktopQueryWith({ channel: 'library:list', input: [{ hereOnly: true, limit: 100 }] })
  const chosen = (session ?? '') as SessionId
  const recording = useDesktopQueryWith({ channel: 'library:open', input: [chosen], enabled: session !== null })
  const rows = list.data?.rows ?? []
  const take = async (): Promise<void> => {
    if (seq === undefined) return
    try {
      const { line } = await desktop.invoke('library:record', { session: chosen, seq })
      const message = messageOf(line)
      const connection = rows.find((row) => row.session === session)?.connection
      if (message && connection !== undefined) onPick({ text: message.body, connection, tool: message.tool })
    } catch (cause) {
      setError(cause as AppError)
    }
  }
  return (
    <Dialog onClose={onClose} title="Choose a recorded response" size={560}>
      <div className="stack">
        {list.isSuccess && rows.length === 0 ? (
          <p className="t2">No recording is on this computer. Download one in Recordings, or paste a response.</p>
        ) : (
          <Select
            label="Recording"
            placeholder="Choose a session"
            searchable
            value={session}
            onChange={(value) => {
              setSession(value)
              setSeq(undefined)
            }}
            data={rows.map((row) => ({
              value: row.session,
              label: `${row.connection}, ${row.person.name}, ${formatDateTime(row.startedAt)}`,
            }))}
          />
        )}
        {session !== null && recording.isPending && <LoadingRows rows={6} label="Loading the responses" />}
        {session !== null && recording.data && (
          <RecordedResponses
            key={session}
            session={chosen}
            columns={recording.data.columns}
            chosen={seq}
            onChoose={setSeq}
            onTake={() => void take()}
          />
        )}
        <p className="t3 small">What was masked when it was recorded stays masked.</p>
        {[list.error, recording.error, error].map((failure) => failure && <ErrorNote key={failure.code} error={failure} />)}
        <DialogButtons onCancel={onClose}>
          <ReasonButton variant="filled" reason={seq === undefined ? 'Choose a response first.' : undefined} onClick={() => void take()}>
            Use it
          </ReasonButton>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
