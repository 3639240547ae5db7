import { Button } from '@mantine/core'
import type { BreakGlassRule } from '../../../src-protocol/break-glass.ts'
import { signInWay } from '../../components/sign-in-way.ts'
import { namedBy } from './break-glass-words.ts'
import { useNameOf } from './use-name-of.ts'
import styles from './break-glass.module.css'

interface RulesTableProps {
  rules: readonly BreakGlassRule[]
  /** what is said beside the name of a rule */
  labelOf?: (rule: BreakGlassRule) => string | undefined
  /** absent: the person may look only */
  onEdit?: ((rule: BreakGlassRule) => void) | undefined
}

/** Who may break which glass, for what and how long. */
export function BreakGlassRulesTable({ rules, labelOf, onEdit }: RulesTableProps) {
  const nameOf = useNameOf()
  return (
    <table className="table two-line">
      <thead>
        <tr>
          <th className={styles.connection}>Connection</th>
          <th>Who may</th>
          <th>For calls of</th>
          <th>Reviewed by</th>
          <th className={`${styles.length} numeric`}>Longest</th>
          <th className={styles.actions}>
            <span className="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => {
          const { connection, title, tools, reviewers, maxMinutes, acr } = rule.terms
          const named = namedBy(rule.terms, nameOf)
          return (
            <tr key={rule.version}>
              <td>
                <div className="medium ellipsis" title={connection}>
                  {connection}
                </div>
                <div className="small t3 ellipsis" title={title}>
                  {[labelOf?.(rule), title].filter(Boolean).join(', ')}
                </div>
              </td>
              <td>
                <div className="ellipsis" title={named}>
                  {named}
                </div>
              </td>
              <td>
                <div className="mono ellipsis" title={tools.join(', ')}>
                  {tools.join(', ')}
                </div>
                {acr.length > 0 && (
                  <div className="small t3 ellipsis" title={`acr: ${acr.join(', ')}`}>
                    sign-in is {signInWay(acr)}
                  </div>
                )}
              </td>
              <td>
                <div className="ellipsis" title={reviewers.join(', ')}>
                  {reviewers.join(', ')}
                </div>
              </td>
              <td className="numeric t2">{maxMinutes} min</td>
              <td>
                <div className={styles.buttons}>
                  {onEdit && (
                    <Button size="sm" onClick={() => onEdit(rule)}>
                      Edit
                      <span className="unseen">
                        {' '}
                        {title} on {connection}
                      </span>
                    </Button>
                  )}
                </div>
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
