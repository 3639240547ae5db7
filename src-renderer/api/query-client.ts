import { QueryClient } from '@tanstack/react-query'
import { AppError } from '../../src-protocol/app-error.ts'

/** Main pushes what changes, so nothing is refetched for its age; a failure is shown at once, with its remedy and a retry button. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: Infinity, retry: false, refetchOnWindowFocus: false, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}

/** Whatever was thrown, as the error that pages show. */
export function asAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('INTERNAL', { where: 'this window', reference: String(error) }, { cause: error })
}
