import { ActionIcon, Menu } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { Ellipsis, FileDiff, KeyRound, Play, ShieldAlert, Trash2, Unplug, Wrench } from 'lucide-react'
import { useState } from 'react'
import type { AccessStanding } from '../../../src-protocol/access.ts'
import type { Connection } from '../../../src-protocol/model.ts'
import { useDesktopState, useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { ListSearch } from '../../components/list-search.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { useShown } from '../../components/use-shown.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { ConnectionAccess } from './connection-access.tsx'
import { formatMinutes } from './session-length.ts'
import styles from './connections.module.css'

interface ConnectionsTableProps {
  connections: readonly Connection[]
  /** how the person stands to each of them */
  standings: Readonly<Record<string, AccessStanding>>
  onStart: (connection: Connection) => void
  /** undefined: the person may not remove connections */
  onRemove: ((connection: Connection) => void) | undefined
}

/** A search is worth its room from this many rows on. */
const searchFrom = 8

export function ConnectionsTable({ connections, standings, onStart, onRemove }: ConnectionsTableProps) {
  const [text, setText] = useState('')
  const found = connections.filter((connection) => matches(connection, text))
  const { shown, more } = useShown(found)
  return (
    <>
      {connections.length >= searchFrom && (
        <ListSearch label="Name, title, agent or group" value={text} onChange={setText} found={found.length} total={connections.length} />
      )}
      <div className="table-frame">
        <table className="table two-line">
          <thead>
            <tr>
              <th>Connection</th>
              <th className={styles.server}>Server</th>
              <th className={styles.groups}>Open to</th>
              <th className={`${styles.length} numeric`}>Longest session</th>
              <th className={styles.actions}>
                <span className="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((connection) => (
              <ConnectionRow
                key={connection.name}
                connection={connection}
                standing={standings[connection.name]}
                onStart={onStart}
                onRemove={onRemove}
              />
            ))}
            {found.length === 0 && (
              <tr>
                <td colSpan={5} className="t3">
                  No connection matches “{text}”.
                </td>
              </tr>
            )}
          </tbody>
        </table>
        {more}
      </div>
    </>
  )
}

interface ConnectionRowProps extends Pick<ConnectionsTableProps, 'onStart' | 'onRemove'> {
  connection: Connection
  standing: AccessStanding | undefined
}

function ConnectionRow({ connection, standing, onStart, onRemove }: ConnectionRowProps) {
  const { gateway } = useDesktopState()
  const operator = useHasRole('operator')
  const administrator = useHasRole('administrator')
  const navigate = useNavigate()
  const person = usePerson()
  const { agent, groups, toolsWaiting = 0 } = connection
  const mine = groups.length === 0 || groups.some((group) => person?.groups.includes(group))
  const reason = !gateway.reachable
    ? 'A session needs the gateway, and it cannot be reached.'
    : connection.altered
      ? `What is stored of ${connection.name} is not what an administrator stored: one of them has to look at it.`
      : !agent.online
        ? `The agent ${agent.name} is not connected.`
        : whyNotStart(standing)
  const asks = standing?.state === 'ask'
  return (
    <tr>
      <td>
        <div className="row">
          <span className="medium ellipsis" title={connection.name}>
            {connection.name}
          </span>
          {connection.altered && <ToneMark icon={ShieldAlert} tone="denied" word="Altered" />}
          {administrator && toolsWaiting > 0 && (
            <Link className="small nowrap" to="/connections/$connection/tools" params={{ connection: connection.name }}>
              <ToneMark icon={FileDiff} tone="held" word={toolsWaiting === 1 ? '1 tool waits' : `${toolsWaiting} tools wait`} />
              <span className="unseen"> on {connection.name}</span>
            </Link>
          )}
        </div>
        <div className="small t3 ellipsis" title={[connection.title, connection.description].filter(Boolean).join('\n')}>
          {connection.title}
          {connection.description !== undefined && ` · ${connection.description}`}
        </div>
      </td>
      <td>
        <div className="mono ellipsis">{connection.server}</div>
        <div className="small t3 ellipsis">
          {agent.online ? `on ${agent.name}` : <ToneMark icon={Unplug} tone="held" word={`${agent.name} is offline`} />}
        </div>
      </td>
      <td className="t2" title={groups.join(', ')}>
        <div className="ellipsis">{groups.length === 0 ? 'every operator' : groups.join(', ')}</div>
        {operator && !mine ? (
          <div className="small t3">none of your groups</div>
        ) : (
          <ConnectionAccess connection={connection.name} standing={standing} />
        )}
      </td>
      <td className="numeric t2">{formatMinutes(connection.maxMinutes)}</td>
      <td>
        <div className={styles.buttons}>
          {operator && (
            <ReasonButton
              size="sm"
              reason={reason}
              leftSection={asks ? <KeyRound className="small" aria-hidden /> : <Play className="small" aria-hidden />}
              onClick={() => onStart(connection)}
            >
              {asks ? 'Ask for access' : 'Start session'}
              <span className="unseen"> on {connection.name}</span>
            </ReasonButton>
          )}
          {onRemove !== undefined && (
            <Menu position="bottom-end" shadow="md">
              <Menu.Target>
                <ActionIcon size="sm" aria-label={`More for ${connection.name}`}>
                  <Ellipsis className="small" aria-hidden />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  leftSection={<Wrench className="small" aria-hidden />}
                  onClick={() => void navigate({ to: '/connections/$connection/tools', params: { connection: connection.name } })}
                >
                  Tools
                </Menu.Item>
                <Menu.Item leftSection={<Trash2 className="small" aria-hidden />} onClick={() => onRemove(connection)}>
                  Remove connection
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </div>
      </td>
    </tr>
  )
}

/** What stands between the person and a session, where a rule guards the connection. */
function whyNotStart(standing: AccessStanding | undefined): string | undefined {
  if (standing?.state === 'waiting') return 'Your request for access waits for a reviewer.'
  return standing?.state === 'closed' ? standing.why.at(-1) : undefined
}

function matches({ name, title, description = '', agent, server, groups }: Connection, text: string): boolean {
  return [name, title, description, agent.name, server, ...groups].join('\n').toLowerCase().includes(text.trim().toLowerCase())
}
