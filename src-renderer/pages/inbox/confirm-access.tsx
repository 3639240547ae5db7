import { useState } from 'react'
import type { AccessRequest } from '../../../src-protocol/access.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { formatMinutes } from '../connections/session-length.ts'
import { ConfirmSignature } from './confirm-signature.tsx'

interface ConfirmAccessProps {
  request: AccessRequest
  decision: 'approve' | 'deny'
  reason: string
  /** becomes set if the request is settled while the dialog is open */
  obstacle: string | undefined
  onClose: () => void
}

/** The last look before access is given or refused. */
export function ConfirmAccess({ request, decision, reason, obstacle, onClose }: ConfirmAccessProps) {
  // what the person saw when the dialog opened, whatever is pushed meanwhile
  const [digest] = useState(request.digest)
  const decide = useDesktopMutation('access:decide', onClose)
  return (
    <ConfirmSignature
      decision={decision}
      digest={digest}
      subject={{ label: 'Access', value: `${request.requester.name} to ${request.connection}, for ${formatMinutes(request.minutes)}` }}
      reason={reason}
      then={
        decision === 'approve'
          ? 'Sessions can be started from now on. At the end, or when it is revoked, they are cut.'
          : 'Nothing is given, and the requester is told your reason.'
      }
      obstacle={obstacle}
      signing={decide.isPending}
      error={decide.error}
      onSign={() => decide.mutate({ request: request.id, decision, reason, digest })}
      onClose={onClose}
    />
  )
}
