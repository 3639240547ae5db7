import { useMediaQuery } from '@mantine/hooks'
import { Outlet, useMatches, useRouter } from '@tanstack/react-router'
import { Suspense, useState } from 'react'
import { useDesktopEvent } from '../api/use-desktop-event.ts'
import { useDesktopState } from '../api/use-desktop-state.ts'
import { LoadingRows } from '../components/loading-rows.tsx'
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx'
import { AlarmBanner } from './alarm-banner.tsx'
import { CommandPalette } from './command-palette.tsx'
import { FileDrop } from './file-drop.tsx'
import { Navigation } from './navigation.tsx'
import { PageForbidden } from './page-states.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { StatusBar } from './status-bar.tsx'
import { TopBar } from './top-bar.tsx'
import { useFocusKept } from './use-focus-kept.ts'
import { useShortcutsKey } from './use-shortcuts-key.ts'
import styles from './shell.module.css'

/** What stays around every page: top bar, navigation, status bar, command palette. */
export function Shell() {
  const router = useRouter()
  const { alarm } = useDesktopState()
  const narrow = useMediaQuery('(max-width: 1100px)', false, { getInitialValueInEffect: false })
  const railPage = useMatches({ select: (matches) => matches.some((match) => match.staticData.rail === true) })
  const rail = railPage || narrow

  const [shortcuts, setShortcuts] = useState(false)
  useFocusKept()
  useShortcutsKey(() => setShortcuts(true))
  useDesktopEvent('navigate:requested', ({ to }) => router.history.push(to))

  return (
    <div className={`${styles.app} ${rail ? styles.rail : ''}`}>
      <a className={styles.skip} href="#main" onClick={focusMain}>
        Skip to the page
      </a>
      <TopBar />
      <Navigation rail={rail} />
      <main className={styles.main} id="main" tabIndex={-1}>
        {alarm !== undefined && <AlarmBanner sentence={alarm} />}
        <Suspense fallback={<LoadingRows />}>
          <GuardedOutlet />
        </Suspense>
      </main>
      <StatusBar />
      <CommandPalette onShortcuts={() => setShortcuts(true)} />
      {shortcuts && <ShortcutsDialog onClose={() => setShortcuts(false)} />}
      <FileDrop />
    </div>
  )
}

/** The address is behind `#`, so a fragment link cannot move the focus by itself. */
function focusMain(event: { preventDefault: () => void }): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

/** The page, if the person may see it; the gateway decides again, this only saves them an error. */
function GuardedOutlet() {
  const { signIn } = useDesktopState()
  const needed = useMatches({ select: (matches) => matches.findLast((match) => match.staticData.roles !== undefined)?.staticData.roles })
  if (needed === undefined) return <Outlet />
  if (signIn.state !== 'signed-in') return <SignInPage />
  const { roles } = signIn.person
  return needed.some((role) => roles.includes(role)) ? <Outlet /> : <PageForbidden roles={needed} />
}
