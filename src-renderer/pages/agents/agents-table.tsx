import { ActionIcon, Menu } from '@mantine/core'
import { CircleCheck, Ellipsis, ShieldAlert, Trash2, Unplug } from 'lucide-react'
import type { Agent } from '../../../src-protocol/model.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import styles from './agents.module.css'

interface AgentsTableProps {
  agents: readonly Agent[]
  onRemove: (agent: Agent) => void
}

export function AgentsTable({ agents, onRemove }: AgentsTableProps) {
  return (
    <div className="table-frame">
      <table className="table two-line">
        <thead>
          <tr>
            <th className={styles.name}>Agent</th>
            <th className={styles.state}>State</th>
            <th>Servers it declares</th>
            <th className={styles.version}>Version</th>
            <th className={styles.actions}>
              <span className="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <tr key={agent.id}>
              <td>
                <div className="medium ellipsis" title={`${agent.name}\n${agent.id}`}>
                  {agent.name}
                </div>
                <div className="small t3 ellipsis">
                  enrolled <Timestamp at={agent.enrolledAt} form="date-time" />
                </div>
              </td>
              <td>
                {agent.altered ? (
                  <ToneMark icon={ShieldAlert} tone="denied" word="Altered" />
                ) : agent.online ? (
                  <ToneMark icon={CircleCheck} tone="allowed" word="Online" />
                ) : (
                  <ToneMark icon={Unplug} tone="held" word="Offline" />
                )}
                {agent.lastSeenAt !== undefined && (
                  <div className="small t3">
                    {agent.online ? 'connected ' : 'last seen '}
                    <Timestamp at={agent.lastSeenAt} form="relative" />
                  </div>
                )}
              </td>
              <td>
                <Servers servers={agent.servers} />
              </td>
              <td className="t2 num">{agent.version ?? ''}</td>
              <td>
                <div className={styles.buttons}>
                  <Menu position="bottom-end" shadow="md">
                    <Menu.Target>
                      <ActionIcon size="sm" aria-label={`More for ${agent.name}`}>
                        <Ellipsis className="small" aria-hidden />
                      </ActionIcon>
                    </Menu.Target>
                    <Menu.Dropdown>
                      <Menu.Item leftSection={<Trash2 className="small" aria-hidden />} onClick={() => onRemove(agent)}>
                        Remove agent
                      </Menu.Item>
                    </Menu.Dropdown>
                  </Menu>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Servers({ servers }: { servers: Agent['servers'] }) {
  if (servers.length === 0) return <span className="t3">none yet</span>
  const details = servers
    .map((server) => `${server.name} (${server.transport}): ${[server.title, server.description].filter(Boolean).join(', ')}`)
    .join('\n')
  return (
    <div title={details}>
      <div className="mono ellipsis">{servers.map((server) => server.name).join(', ')}</div>
      <div className="small t3 ellipsis">{servers.map((server) => server.title).join(', ')}</div>
    </div>
  )
}
