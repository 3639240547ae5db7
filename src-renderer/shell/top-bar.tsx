import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { spotlight } from '@mantine/spotlight'
import { Link, useNavigate } from '@tanstack/react-router'
import { AppWindow, ChevronDown, LogOut, Search, Settings, SunMoon } from 'lucide-react'
import { useDesktopMutation } from '../api/use-desktop-mutation.ts'
import { useDesktopState } from '../api/use-desktop-state.ts'
import { KeyHint } from '../components/key-hint.tsx'
import { ReasonButton } from '../components/reason-button.tsx'
import type { Person } from '../../src-protocol/model.ts'
import { useColorScheme } from '../theme/use-color-scheme.ts'
import { BrandMark } from './brand.tsx'
import { mainRole, roleTitle } from './places.ts'
import styles from './top-bar.module.css'

/** Brand, search, theme, person. */
export function TopBar() {
  const { signIn, platform } = useDesktopState()
  return (
    <header className={styles.top}>
      <Link to="/" className={styles.brand}>
        <BrandMark />
        Gatehouse
      </Link>
      <button
        type="button"
        className={styles.palette}
        onClick={spotlight.open}

        aria-keyshortcuts="Control+K Meta+K"
      >
        <Search className="small" aria-hidden />
        <span className="grow">Search, open, run a command</span>
        <KeyHint>{platform === 'darwin' ? '⌘ K' : 'Ctrl K'}</KeyHint>
      </button>
      <div className={styles.right}>
        <ThemeSwitch />
        {signIn.state === 'signed-in' ? <PersonMenu person={signIn.person} /> : <SignInButton />}
      </div>
    </header>
  )
}

function ThemeSwitch() {
  const { preferences } = useDesktopState()
  const setPreferences = useDesktopMutation('preferences:set')
  const next = useColorScheme(preferences.colorScheme) === 'dark' ? 'light' : 'dark'
  const label = `Switch to the ${next} theme`
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setPreferences.mutate({ colorScheme: next })}>
        <SunMoon aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}

function SignInButton() {
  const { gateway, signIn } = useDesktopState()
  const start = useDesktopMutation('identity:sign-in')
  const navigate = useNavigate()
  if (signIn.state === 'waiting') return <span className="small t3">Signing in, in your browser</span>
  return (
    <>
      {!gateway.reachable && <span className="small t3">Offline</span>}
      <ReasonButton
        reason={gateway.reachable ? undefined : 'Signing in needs the gateway, and it cannot be reached.'}
        loading={start.isPending}
        onClick={() => {
          start.mutate(undefined)
          void navigate({ to: '/sign-in' })
        }}
      >
        Sign in
      </ReasonButton>
    </>
  )
}

function PersonMenu({ person }: { person: Person }) {
  const signOut = useDesktopMutation('identity:sign-out')
  const openAnother = useDesktopMutation('profile:open-another')
  const navigate = useNavigate()
  return (
    <Menu position="bottom-end" width={248} shadow="md">
      <Menu.Target>
        <Button variant="quiet" className={styles.person} rightSection={<ChevronDown className="small" aria-hidden />}>
          <span className={styles.avatar} aria-hidden>
            {initials(person.name)}
          </span>
          <span className={styles.name}>{person.name}</span>
          <span className={styles.role}>{mainRole(person.roles)}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.who}>
          <div className="medium">{person.email ?? person.sub}</div>
          <div className="small t3">{roleTitle(person.roles)}</div>
          <div className="small t3">{person.groups.length === 0 ? 'In no group' : `In ${person.groups.join(', ')}`}</div>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<Settings className="small" aria-hidden />} onClick={() => void navigate({ to: '/settings' })}>
          Settings
        </Menu.Item>
        <Menu.Item leftSection={<AppWindow className="small" aria-hidden />} onClick={() => openAnother.mutate(undefined)}>
          Open a window for another person
        </Menu.Item>
        <Menu.Item leftSection={<LogOut className="small" aria-hidden />} onClick={() => signOut.mutate(undefined)}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean)
  return ((words[0]?.[0] ?? '') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase()
}
