import { useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { desktopKey, useDesktopQueryWith } from '../../api/use-desktop-query.ts'

/** Verifies a recording, or one of its records. The library keeps the outcome, so lists that show it are asked again. */
export function useVerification(session: SessionId, seq?: number, enabled = true): UseQueryResult<Verification, AppError> {
  const client = useQueryClient()
  const verification = useDesktopQueryWith({
    channel: 'library:verify',
    input: [seq === undefined ? { session } : { session, seq }],
    enabled,
  })
  const { dataUpdatedAt } = verification
  useEffect(() => {
    if (dataUpdatedAt > 0) void client.invalidateQueries({ queryKey: desktopKey('library:list') })
  }, [client, dataUpdatedAt])
  return verification
}

/** After another copy of a recording has come: nothing of the old one may stay on the screen. */
export function useForgetRecording(): (session: SessionId) => void {
  const client = useQueryClient()
  return (session) =>
    void client.invalidateQueries({
      predicate: ({ queryKey: [channel, input] }) =>
        channel === 'library:list' || input === session || (isAbout(input) && input.session === session),
    })
}

function isAbout(input: unknown): input is { session: unknown } {
  return typeof input === 'object' && input !== null && 'session' in input
}
