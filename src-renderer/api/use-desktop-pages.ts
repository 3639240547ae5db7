import { keepPreviousData, useInfiniteQuery, type InfiniteData, type UseInfiniteQueryResult } from '@tanstack/react-query'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopArguments, DesktopInput, DesktopOutput } from '../../src-protocol/desktop-api.ts'
import { desktop } from './desktop.ts'
import { desktopKey } from './use-desktop-query.ts'

/** Channels that answer in pages. */
type PagedChannel = 'library:list' | 'library:find' | 'overview:sessions' | 'overview:approvals'

/** The pages of an answer that were asked for so far; those of the last question stay until the first page of the next one has come. */
export function useDesktopPages<C extends PagedChannel>(
  channel: C,
  input: DesktopInput<C>,
  enabled = true,
): UseInfiniteQueryResult<InfiniteData<DesktopOutput<C>>, AppError> {
  return useInfiniteQuery<DesktopOutput<C>, AppError, InfiniteData<DesktopOutput<C>>, readonly unknown[], string | undefined>({
    queryKey: [...desktopKey(channel, ...([input] as unknown as DesktopArguments<C>)), 'pages'],
    queryFn: ({ pageParam: cursor }) =>
      desktop.invoke(channel, ...([{ ...(input as object), ...(cursor !== undefined && { cursor }) }] as unknown as DesktopArguments<C>)),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    enabled,
  })
}
