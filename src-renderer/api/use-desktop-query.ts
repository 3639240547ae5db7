import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopArguments, DesktopChannel, DesktopOutput } from '../../src-protocol/desktop-api.ts'
import { desktop } from './desktop.ts'

/** The cache key of one channel and input: `desktopKey('sessions:get')` addresses all inputs of it. */
export function desktopKey<C extends DesktopChannel>(channel: C, ...input: Partial<DesktopArguments<C>>): readonly unknown[] {
  return input.length === 0 ? [channel] : [channel, input[0]]
}

interface DesktopQuery<C extends DesktopChannel> {
  channel: C
  input: DesktopArguments<C>
  enabled?: boolean
  /** keeps the last answer on the screen while the input changes */
  keepPrevious?: boolean
  /** ms until it is asked again, or false to ask no more */
  again?: (data: DesktopOutput<C> | undefined) => number | false
}

/** What main answers on a channel, cached: `useDesktopQuery('sessions:list')`, `useDesktopQuery('sessions:get', id)`. */
export function useDesktopQuery<C extends DesktopChannel>(
  channel: C,
  ...input: DesktopArguments<C>
): UseQueryResult<DesktopOutput<C>, AppError> {
  return useDesktopQueryWith({ channel, input })
}

/** The same with options, for queries that wait for something. */
export function useDesktopQueryWith<C extends DesktopChannel>({
  channel,
  input,
  enabled = true,
  keepPrevious = false,
  again,
}: DesktopQuery<C>): UseQueryResult<DesktopOutput<C>, AppError> {
  return useQuery<DesktopOutput<C>, AppError>({
    queryKey: [channel, ...input],
    queryFn: () => desktop.invoke(channel, ...input),
    enabled,
    placeholderData: keepPrevious ? keepPreviousData : undefined,
    ...(again !== undefined && { refetchInterval: ({ state }) => (state.error === null ? again(state.data) : false) }),
  })
}
