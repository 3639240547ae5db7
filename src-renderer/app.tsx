import { MantineProvider } from '@mantine/core'
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, type ReactNode } from 'react'
import type { DesktopState } from '../src-protocol/desktop-api.ts'
import { useDesktopQuery } from './api/use-desktop-query.ts'
import { DesktopStateContext } from './api/use-desktop-state.ts'
import { useLiveCache } from './api/use-live-cache.ts'
import type { AppRouter } from './router.tsx'
import { styleNonce } from './theme/style-nonce.ts'
import { theme } from './theme/theme.ts'
import { useColorScheme } from './theme/use-color-scheme.ts'

interface AppProps {
  client: QueryClient
  router: AppRouter
  initialState: DesktopState
}

/** Everything that every page needs around it. */
export function App({ client, router, initialState }: AppProps) {
  return (
    <StrictMode>
      <QueryClientProvider client={client}>
        <LiveState initialState={initialState}>
          <RouterProvider router={router} />
        </LiveState>
      </QueryClientProvider>
    </StrictMode>
  )
}

function LiveState({ initialState, children }: { initialState: DesktopState; children: ReactNode }) {
  useLiveCache()
  const state = useDesktopQuery('state:get').data ?? initialState
  const scheme = useColorScheme(state.preferences.colorScheme)
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme={scheme}
      // Variables are in theme/mantine.css; global classes would be a <style> for props that we do not use.
      withCssVariables={false}
      withGlobalClasses={false}
      getStyleNonce={styleNonce}
    >
      <DesktopStateContext value={state}>{children}</DesktopStateContext>
    </MantineProvider>
  )
}
