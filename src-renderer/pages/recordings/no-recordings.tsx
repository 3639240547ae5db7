import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { FileKey2, FolderOpen, HardDriveDownload, WifiOff } from 'lucide-react'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { OpenFileButton } from './open-file-button.tsx'
import type { Import } from './use-import.ts'

/** Nothing on this computer, and nothing that the gateway shows to this person. */
export function NoRecordings({ importing }: { importing: Import }) {
  const { gateway, signIn } = useDesktopState()
  const host = new URL(gateway.url).host
  const signedIn = signIn.state === 'signed-in'
  const obstacle = !gateway.reachable
    ? `Not possible now: ${host} cannot be reached.`
    : signedIn
      ? 'The gateway has no finished session that you may see yet.'
      : 'Sign in first: the gateway shows recordings to auditors, and to operators their own.'
  return (
    <EmptyState
      title="No recordings on this computer yet"
      sentence="What you download stays here: you can search, replay, verify and export it with no network and no account."
      steps={[
        {
          icon: FolderOpen,
          title: 'Open an evidence pack or a recording',
          sentence:
            'A pack as .zip or folder, or a .jsonl with its .tlog-proof and the gateway’s .pub beside it. Works offline; you can also drop them on this window.',
          action: <OpenFileButton importing={importing} primary />,
        },
        {
          icon: HardDriveDownload,
          title: 'Download from the gateway',
          sentence: 'Choose sessions in this list, then keep them here.',
          obstacle: (
            <>
              {!gateway.reachable && <WifiOff className="small" aria-hidden />}
              {obstacle}
            </>
          ),
          action:
            gateway.reachable && !signedIn ? (
              <Button component={Link} to="/sign-in">
                Sign in
              </Button>
            ) : (
              <ReasonButton reason={obstacle}>Download</ReasonButton>
            ),
        },
        {
          icon: FileKey2,
          title: 'Get the gateway’s public key',
          sentence: 'Files prove nothing without a key you trust. Ask the gateway’s owners for it by another way than the files came.',
        },
      ]}
    />
  )
}
