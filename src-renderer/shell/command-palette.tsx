import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import { useNavigate } from '@tanstack/react-router'
import { Activity, AppWindow, CirclePlay, Inbox, Keyboard, LogIn, LogOut, Play, Plug, Search, SunMoon } from 'lucide-react'
import { useDesktopMutation } from '../api/use-desktop-mutation.ts'
import { useDesktopQueryWith } from '../api/use-desktop-query.ts'
import { useDesktopState, useHasRole, usePerson } from '../api/use-desktop-state.ts'
import { formatDateTime } from '../components/time.ts'
import { isWaitingFor } from '../pages/inbox/inbox-lists.ts'
import { useReceivedDelegations } from '../pages/inbox/places.ts'
import { useColorScheme } from '../theme/use-color-scheme.ts'
import { placesFor, settingsPlace } from './places.ts'
import styles from './command-palette.module.css'

const shownPerGroup = 8

/** Ctrl/Cmd+K over everything: pages, connections, sessions, requests, recordings, actions. */
export function CommandPalette({ onShortcuts }: { onShortcuts: () => void }) {
  const groups = [
    usePageActions(),
    useRequestActions(),
    useConnectionActions(),
    useSessionActions(),
    useRecordingActions(),
    useCommandActions(onShortcuts),
  ]
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      shortcut={['mod + K']}
      nothingFound="Nothing matches. Try a connection, a person or a page."
      highlightQuery
      limit={30}
      scrollable
      maxHeight={400}
      lockScroll={false}
      className={styles.palette}
      overlayProps={{ blur: 0 }}
      searchProps={{ leftSection: <Search aria-hidden />, placeholder: 'Search, open, run a command', 'aria-label': 'Search' }}
    />
  )
}

function usePageActions(): SpotlightActionGroupData {
  const navigate = useNavigate()
  const places = [...placesFor(usePerson()?.roles ?? []).flat(), settingsPlace]
  return {
    group: 'Pages',
    actions: places.map(({ path, to, title, icon: Icon }) => ({
      id: `page ${path}`,
      label: title,
      leftSection: <Icon aria-hidden />,
      onClick: () => void navigate({ to }),
    })),
  }
}

function useRequestActions(): SpotlightActionGroupData {
  const navigate = useNavigate()
  const person = usePerson()
  const approvals = useDesktopQueryWith({ channel: 'approvals:list', input: [], enabled: useHasRole('reviewer') }).data ?? []
  const received = useReceivedDelegations()
  return {
    group: 'Waiting for your decision',
    actions: approvals
      .filter((approval) => isWaitingFor(approval, person, received))
      .slice(0, shownPerGroup)
      .map((approval) => ({
        id: `approval ${approval.id}`,
        label: `${approval.tool} on ${approval.connection}`,
        description: `${approval.requester.name} · rule ${approval.rule}`,
        leftSection: <Inbox aria-hidden />,
        onClick: () => void navigate({ to: '/inbox/{-$approval}', params: { approval: approval.id } }),
      })),
  }
}

function useConnectionActions(): SpotlightActionGroupData {
  const navigate = useNavigate()
  const operator = useHasRole('operator')
  const connections =
    useDesktopQueryWith({ channel: 'connections:list', input: [], enabled: useHasRole('operator', 'administrator') }).data ?? []
  return {
    group: 'Connections',
    actions: connections.slice(0, 50).map((connection) => ({
      id: `connection ${connection.name}`,
      label: operator ? `Start a session on ${connection.name}` : connection.name,
      description: connection.title,
      leftSection: operator ? <Play aria-hidden /> : <Plug aria-hidden />,
      onClick: () => void navigate({ to: '/connections', search: operator ? { start: connection.name } : {} }),
    })),
  }
}

function useSessionActions(): SpotlightActionGroupData {
  const navigate = useNavigate()
  const sessions = useDesktopQueryWith({
    channel: 'sessions:list',
    input: [],
    enabled: useHasRole('operator', 'reviewer', 'administrator'),
  }).data
  return {
    group: 'Live sessions',
    actions: (sessions ?? [])
      .filter((session) => session.state === 'live')
      .map((session) => ({
        id: `session ${session.id}`,
        label: `${session.connection}: ${session.reason}`,
        description: session.person.name,
        leftSection: <Activity aria-hidden />,
        onClick: () => void navigate({ to: '/sessions/$session', params: { session: session.id } }),
      })),
  }
}

function useRecordingActions(): SpotlightActionGroupData {
  const navigate = useNavigate()
  const library = useDesktopQueryWith({ channel: 'library:list', input: [{}] }).data
  return {
    group: 'Recordings',
    actions: (library?.rows ?? [])
      .filter((row) => row.here)
      .slice(0, 50)
      .map((row) => ({
        id: `recording ${row.session}`,
        label: `${row.connection}, ${formatDateTime(row.startedAt)}`,
        description: `${row.person.name}: ${row.reason}`,
        leftSection: <CirclePlay aria-hidden />,
        onClick: () => void navigate({ to: '/recordings/$session', params: { session: row.session } }),
      })),
  }
}

function useCommandActions(onShortcuts: () => void): SpotlightActionGroupData {
  const { signIn, preferences, gateway } = useDesktopState()
  const setPreferences = useDesktopMutation('preferences:set')
  const startSignIn = useDesktopMutation('identity:sign-in')
  const signOut = useDesktopMutation('identity:sign-out')
  const openAnother = useDesktopMutation('profile:open-another')
  const next = useColorScheme(preferences.colorScheme) === 'dark' ? 'light' : 'dark'
  return {
    group: 'Commands',
    actions: [
      {
        id: 'command theme',
        label: `Switch to the ${next} theme`,
        leftSection: <SunMoon aria-hidden />,
        onClick: () => setPreferences.mutate({ colorScheme: next }),
      },
      {
        id: 'command shortcuts',
        label: 'Keyboard shortcuts',
        leftSection: <Keyboard aria-hidden />,
        // when the palette has given the focus back: it would take it from the dialog
        onClick: () => void setTimeout(onShortcuts, 50),
      },
      {
        id: 'command window',
        label: 'Open a window for another person',
        leftSection: <AppWindow aria-hidden />,
        onClick: () => openAnother.mutate(undefined),
      },
      ...(signIn.state === 'signed-in'
        ? [{ id: 'command sign-out', label: 'Sign out', leftSection: <LogOut aria-hidden />, onClick: () => signOut.mutate(undefined) }]
        : []),
      ...(signIn.state === 'signed-out' && gateway.reachable
        ? [{ id: 'command sign-in', label: 'Sign in', leftSection: <LogIn aria-hidden />, onClick: () => startSignIn.mutate(undefined) }]
        : []),
    ],
  }
}
