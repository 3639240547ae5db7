import { Popover } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Cable, CloudOff, Eye, Pin, Server, User, WifiOff, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import type { DesktopState } from '../../src-protocol/desktop-api.ts'
import { useDesktopQueryWith } from '../api/use-desktop-query.ts'
import { useDesktopState, useHasRole, usePerson } from '../api/use-desktop-state.ts'
import { Facts, type Fact } from '../components/facts.tsx'
import { CodePane } from '../components/code-pane.tsx'
import { Hash, shortHash } from '../components/hash.tsx'
import { Timestamp } from '../components/timestamp.tsx'
import { formatDateTime } from '../components/time.ts'
import { roleTitle } from './places.ts'
import styles from './status-bar.module.css'

/** Gateway, identity, tunnel, pinned checkpoint: each a button that opens its details. Offline comes first. */
export function StatusBar() {
  const state = useDesktopState()
  const { gateway, signIn, tunnel, pinned } = state
  const host = hostOf(gateway.url)
  const lastReached = gateway.lastReachedAt === undefined ? '' : ` · last reached ${formatDateTime(gateway.lastReachedAt)}`
  return (
    <footer className={styles.status}>
      {!gateway.reachable && (
        <Item icon={WifiOff} title="Offline" facts={offlineFacts(state)} className={styles.offline}>
          Offline
        </Item>
      )}
      <Item icon={Server} title="Gateway" facts={gatewayFacts(state)}>
        {host}
        {!gateway.reachable && lastReached}
      </Item>
      {signIn.state === 'signed-in' ? (
        <Item icon={User} title="Identity" facts={identityFacts(signIn)}>
          <span className="ellipsis">
            {[signIn.person.email ?? signIn.person.name, signIn.person.groups.join(', ')].filter(Boolean).join(' · ')}
          </span>
        </Item>
      ) : (
        <Item
          icon={User}
          title="Identity"
          facts={[{ label: 'Signed in', value: 'Nobody. Recordings on this computer can be used without signing in.' }]}
        >
          {signIn.state === 'waiting' ? 'Signing in' : 'Nobody signed in'}
        </Item>
      )}
      <WatchedItem />
      <span className={styles.space} />
      <Item icon={tunnel.state === 'closed' ? CloudOff : Cable} title="Tunnel" facts={tunnelFacts(state)}>
        {tunnelText(state)}
      </Item>
      {pinned === undefined ? (
        <Item
          icon={Pin}
          title="Pinned checkpoint"
          facts={[{ label: 'Pinned', value: 'Nothing yet: the first checkpoint that this computer sees is pinned.' }]}
        >
          No pinned checkpoint
        </Item>
      ) : (
        <Item
          icon={Pin}
          title="Pinned checkpoint"
          facts={[
            { label: 'Log', value: <span className="mono">{pinned.origin}</span> },
            { label: 'Size', value: <span className="num">{pinned.size.toLocaleString('en')} entries</span> },
            { label: 'Root', value: <Hash value={pinned.root} length={8} label="root" /> },
            { label: 'Seen', value: <Timestamp at={pinned.seenAt} form="date-time" /> },
            ...witnessFacts(state),
          ]}
          more={<CodePane text={pinned.note.trimEnd()} maxHeight={160} wrap framed label="The signed note" />}
        >
          <span>Pinned checkpoint</span> <span className="num">{pinned.size.toLocaleString('en')}</span>{' '}
          <span className="mono">{shortHash(pinned.root)}</span> <span>·</span>{' '}
          <Timestamp at={pinned.seenAt} form={gateway.reachable ? 'relative' : 'date-time'} />
          {state.unwitnessed !== undefined && <span className={styles.watched}> · not cosigned</span>}
        </Item>
      )}
    </footer>
  )
}

/** Somebody looks on at one of this person's sessions: told wherever they are in the window. */
function WatchedItem() {
  const person = usePerson()
  const sessions = useDesktopQueryWith({ channel: 'sessions:list', input: [], enabled: useHasRole('operator') }).data ?? []
  const watched = sessions.filter(
    ({ person: owner, watchers, state }) => owner.sub === person?.sub && state === 'live' && watchers !== undefined,
  )
  const names = [...new Set(watched.flatMap(({ watchers = [] }) => watchers.map(({ name }) => name)))]
  if (names.length === 0) return null
  const facts = watched.map(({ id, connection, watchers = [] }) => ({
    label: connection,
    value: (
      <Link to="/sessions/$session" params={{ session: id }}>
        {watchers.map(({ name }) => name).join(', ')}
      </Link>
    ),
  }))
  return (
    <Item icon={Eye} title="Watched sessions" facts={facts} className={styles.watched}>
      {names.length === 1 ? `${names[0]} is watching` : `${names.length} people are watching`}
    </Item>
  )
}

interface ItemProps {
  icon: LucideIcon
  title: string
  facts: readonly Fact[]
  more?: ReactNode
  className?: string | undefined
  children: ReactNode
}

function Item({ icon: Icon, title, facts, more, className, children }: ItemProps) {
  return (
    <Popover position="top" width={400} shadow="md" trapFocus={false} returnFocus>
      <Popover.Target>
        <button type="button" className={`${styles.item} ${className ?? ''}`}>
          <Icon className="small" aria-hidden />
          {children}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={styles.details} aria-label={title}>
        <h2>{title}</h2>
        <Facts items={facts} />
        {more}
      </Popover.Dropdown>
    </Popover>
  )
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url || 'No gateway'
}

function gatewayFacts({ gateway }: DesktopState): Fact[] {
  return [
    { label: 'Address', value: <span className="mono">{gateway.url || 'not set'}</span> },
    { label: 'State', value: gateway.reachable ? 'Reachable' : 'Cannot be reached' },
    ...(gateway.lastReachedAt === undefined
      ? []
      : [{ label: 'Last reached', value: <Timestamp at={gateway.lastReachedAt} form="date-time" /> }]),
  ]
}

function offlineFacts(state: DesktopState): Fact[] {
  return [
    ...gatewayFacts(state),
    { label: 'Works now', value: 'Searching, replaying, verifying and exporting what is on this computer.' },
    { label: 'Waits', value: 'Everything else. Gatehouse connects again by itself.' },
  ]
}

function witnessFacts({ unwitnessed }: DesktopState): Fact[] {
  if (unwitnessed === undefined) return []
  return [
    {
      label: 'Witnesses',
      value: `Not cosigned by ${unwitnessed.join(', ')}: nobody but the gateway vouches for it. Settings say since when.`,
    },
  ]
}

function identityFacts(signIn: Extract<DesktopState['signIn'], { state: 'signed-in' }>): Fact[] {
  const { person } = signIn
  return [
    { label: 'Name', value: person.name },
    ...(person.email === undefined ? [] : [{ label: 'E-mail', value: person.email }]),
    { label: 'Subject', value: <span className="mono">{person.sub}</span> },
    { label: 'Groups', value: person.groups.join(', ') || 'none' },
    { label: 'Roles', value: roleTitle(person.roles) },
    {
      label: 'Token',
      value: (
        <>
          expires <Timestamp at={signIn.expiresAt} form="time" />, renewed before. It is held in memory only.
        </>
      ),
    },
  ]
}

function tunnelText({ tunnel }: DesktopState): string {
  if (tunnel.state === 'closed') return 'No tunnel'
  if (tunnel.state === 'connecting') return 'Tunnel connecting'
  return tunnel.streams === 0 ? 'Tunnel connected' : `Tunnel connected · ${tunnel.streams} ${tunnel.streams === 1 ? 'stream' : 'streams'}`
}

function tunnelFacts({ tunnel }: DesktopState): Fact[] {
  return [
    { label: 'State', value: { closed: 'Closed', connecting: 'Connecting', open: 'Open' }[tunnel.state] },
    { label: 'Streams', value: <span className="num">{tunnel.streams}</span> },
    { label: 'Carries', value: 'MCP traffic of your sessions, and news of approvals.' },
  ]
}
