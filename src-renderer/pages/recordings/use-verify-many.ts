import { useRef, useState } from 'react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { desktop } from '../../api/desktop.ts'
import { asAppError } from '../../api/query-client.ts'

interface VerifyMany {
  /** set while it runs */
  progress: { done: number; total: number } | undefined
  /** `3 verified`, `2 verified, 1 fails` */
  outcome: string | undefined
  error: AppError | undefined
  start: (sessions: readonly SessionId[]) => void
  cancel: () => void
}

/** Verifies one recording after the other, so that it can be watched and stopped. */
export function useVerifyMany(onChanged: () => void): VerifyMany {
  const [progress, setProgress] = useState<VerifyMany['progress']>()
  const [outcome, setOutcome] = useState<string>()
  const [error, setError] = useState<AppError>()
  const stopped = useRef(false)

  const run = async (sessions: readonly SessionId[]): Promise<void> => {
    let verified = 0
    let failed = 0
    for (const [done, session] of sessions.entries()) {
      if (stopped.current) break
      setProgress({ done, total: sessions.length })
      const verification = await desktop.invoke('library:verify', { session })
      if (verification.verified) verified += 1
      else failed += 1
    }
    const rest = sessions.length - verified - failed
    setOutcome(
      [`${verified} verified`, failed > 0 && `${failed} ${failed === 1 ? 'fails' : 'fail'}`, rest > 0 && `${rest} not checked`]
        .filter(Boolean)
        .join(', '),
    )
  }
  const start = (sessions: readonly SessionId[]): void => {
    stopped.current = false
    setOutcome(undefined)
    setError(undefined)
    run(sessions)
      .catch((cause: unknown) => setError(asAppError(cause)))
      .finally(() => {
        setProgress(undefined)
        onChanged()
      })
  }
  return { progress, outcome, error, start, cancel: () => (stopped.current = true) }
}
