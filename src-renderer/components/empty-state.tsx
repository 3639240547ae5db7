import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './empty-state.module.css'

export interface EmptyStep {
  icon: LucideIcon
  title: string
  sentence: ReactNode
  /** why it is not possible now */
  obstacle?: ReactNode
  /** its button; at most one step's is primary */
  action?: ReactNode
}

interface EmptyStateProps {
  title: string
  /** what this place is for */
  sentence: ReactNode
  /** the next steps, in order */
  steps?: readonly EmptyStep[]
  hint?: ReactNode
}

const noSteps: readonly EmptyStep[] = []

/** A place with nothing in it yet: what it is for, and what to do next. */
export function EmptyState({ title, sentence, steps = noSteps, hint }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      <div className={styles.box}>
        <h2>{title}</h2>
        <p className="t2">{sentence}</p>
        {steps.length > 0 && (
          <ol className={styles.steps}>
            {steps.map(({ icon: Icon, title: stepTitle, sentence: stepSentence, obstacle, action }) => (
              <li key={stepTitle}>
                <Icon className="large" aria-hidden />
                <div>
                  <div className="bold">{stepTitle}</div>
                  <div className="t2">{stepSentence}</div>
                  {obstacle !== undefined && <div className={`${styles.obstacle} small t3`}>{obstacle}</div>}
                </div>
                {action}
              </li>
            ))}
          </ol>
        )}
        {hint !== undefined && <p className={`${styles.hint} small t3`}>{hint}</p>}
      </div>
    </div>
  )
}
