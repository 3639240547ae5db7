import { useMutation, type UseMutationResult } from '@tanstack/react-query'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopArguments, DesktopChannel, DesktopInput, DesktopOutput } from '../../src-protocol/desktop-api.ts'
import { desktop } from './desktop.ts'

/** Something to do on a channel: `const end = useDesktopMutation('sessions:end'); end.mutate(id)`. */
export function useDesktopMutation<C extends DesktopChannel>(
  channel: C,
  onSuccess?: (value: DesktopOutput<C>) => void,
): UseMutationResult<DesktopOutput<C>, AppError, DesktopInput<C>> {
  return useMutation<DesktopOutput<C>, AppError, DesktopInput<C>>({
    mutationFn: (input) => desktop.invoke(channel, ...((input === undefined ? [] : [input]) as DesktopArguments<C>)),
    ...(onSuccess ? { onSuccess: (value: DesktopOutput<C>) => onSuccess(value) } : {}),
  })
}
