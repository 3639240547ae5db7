import { Button } from '@mantine/core'
import { RotateCw, WifiOff } from 'lucide-react'
import { AppError } from '../../src-protocol/app-error.ts'
import { asAppError } from '../api/query-client.ts'
import { Note } from './note.tsx'
import styles from './error-state.module.css'

/** What a list or page shows instead of its content when it could not be had: the sentence, the remedy, a way to try again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  return (
    <div className={styles.box}>
      <ErrorNote error={error} onRetry={onRetry} />
    </div>
  )
}

/** The same as a note, in line with other content. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const shown = asAppError(error)
  const unreachable = shown.code === 'GATEWAY_UNREACHABLE'
  return (
    <Note
      tone={unreachable ? 'held' : 'denied'}
      {...(unreachable ? { icon: WifiOff } : {})}
      title={shown.message}
      alert
      action={
        onRetry && (
          <Button size="sm" leftSection={<RotateCw className="small" aria-hidden />} onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {shown.remedy}
      {!(error instanceof AppError) && <span className="mono"> {shown.code}</span>}
    </Note>
  )
}
