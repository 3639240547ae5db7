import { ActionIcon, Menu } from '@mantine/core'
import { Ellipsis, Pencil, Trash2 } from 'lucide-react'
import type { AccessRule } from '../../../src-protocol/access.ts'
import { describeSchedule, describeWindows } from '../../../src-core/access/access-schedule.ts'
import { formatMinutes } from '../connections/session-length.ts'
import { demandsOf, groupsOf } from './access-words.ts'
import styles from './access.module.css'

interface RulesTableProps {
  rules: readonly AccessRule[]
  /** absent: the person may look only */
  onEdit?: (rule: AccessRule) => void
  onRemove?: (rule: AccessRule) => void
}

/** The rules, by connection: who may ask, when, for how long, and what it takes. */
export function RulesTable({ rules, onEdit, onRemove }: RulesTableProps) {
  if (rules.length === 0) return <p className="t2">No rule guards a connection any more.</p>
  return (
    <div className="table-frame">
      <table className="table two-line">
        <thead>
          <tr>
            <th className={styles.narrow}>Connection</th>
            <th className={styles.rule}>Rule</th>
            <th className={styles.demands}>It takes</th>
            <th>Open</th>
            <th className={`${styles.length} numeric`}>Longest</th>
            <th className={styles.menu}>
              <span className="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <td className="ellipsis" title={rule.terms.connection}>
                {rule.terms.connection}
              </td>
              <td>
                <div className="medium ellipsis" title={rule.terms.title}>
                  {rule.terms.title}
                </div>
                <div className="small t3 ellipsis" title={groupsOf(rule.terms)}>
                  for {groupsOf(rule.terms)}
                </div>
              </td>
              <td title={demandsOf(rule.terms)}>
                <div className="ellipsis">{demandsOf(rule.terms)}</div>
                {rule.terms.ticketPattern !== undefined && <div className="small t3 mono ellipsis">{rule.terms.ticketPattern}</div>}
              </td>
              <Open terms={rule.terms} />
              <td className="numeric t2">{formatMinutes(rule.terms.maxMinutes)}</td>
              <td>
                <div className={styles.buttons}>
                  {onEdit && (
                    <Menu position="bottom-end" shadow="md">
                      <Menu.Target>
                        <ActionIcon size="sm" aria-label={`More for ${rule.terms.title} on ${rule.terms.connection}`}>
                          <Ellipsis className="small" aria-hidden />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item leftSection={<Pencil className="small" aria-hidden />} onClick={() => onEdit(rule)}>
                          Edit rule
                        </Menu.Item>
                        <Menu.Item leftSection={<Trash2 className="small" aria-hidden />} onClick={() => onRemove?.(rule)}>
                          Remove rule
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Open({ terms: { schedule } }: Pick<AccessRule, 'terms'>) {
  if (!schedule) return <td className="t2">at any time</td>
  return (
    <td title={describeSchedule(schedule)}>
      <div className="ellipsis">{describeWindows(schedule)}</div>
      <div className="small t3 ellipsis">{schedule.zone}</div>
    </td>
  )
}
