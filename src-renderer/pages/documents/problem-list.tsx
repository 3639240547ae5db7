import type { UseQueryResult } from '@tanstack/react-query'
import { CircleCheck, CircleX, TriangleAlert } from 'lucide-react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { DocumentProblem } from '../../../src-protocol/policy-version.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { countProblems, describeProblems } from './count-problems.ts'
import styles from './documents.module.css'

interface ProblemListProps {
  check: UseQueryResult<DocumentProblem[], AppError>
  /** the check is about the text as it stands now */
  isCurrent: boolean
  onLine: (line: number) => void
}

/** What the gateway finds wrong with the draft, each with its line. */
export function ProblemList({ check, isCurrent, onLine }: ProblemListProps) {
  const found = check.data ?? []
  const problems = found.filter(({ severity }) => severity !== 'note')
  const holds = found.length - problems.length
  const { errors } = countProblems(problems)
  return (
    <section className={styles.problems} aria-label="Checks">
      <header className={styles.paneHead} role="status">
        <h2>Checks</h2>
        {!isCurrent && !check.isError && <span className="small t3">checking</span>}
        {isCurrent && problems.length === 0 && <ToneMark icon={CircleCheck} tone="allowed" word="No problem found" />}
        {isCurrent && problems.length > 0 && (
          <ToneMark icon={errors > 0 ? CircleX : TriangleAlert} tone={errors > 0 ? 'denied' : 'held'} word={describeProblems(problems)} />
        )}
        {isCurrent && holds > 0 && <span className="small t3">{holds === 1 ? '1 example holds' : `${holds} examples hold`}</span>}
        <span className="right small t3">Tab indents; Esc, then Tab leaves</span>
      </header>
      {check.isError && (
        <div className={styles.checkError}>
          <ErrorNote error={check.error} onRetry={() => void check.refetch()} />
        </div>
      )}
      {problems.length > 0 && (
        <ul className={styles.problemItems}>
          {problems.map((problem, index) => (
            <ProblemItem key={`${index} ${problem.path}`} problem={problem} onLine={onLine} />
          ))}
        </ul>
      )}
    </section>
  )
}

function ProblemItem({ problem, onLine }: { problem: DocumentProblem; onLine: (line: number) => void }) {
  const { line, path, message, severity } = problem
  const isWarning = severity === 'warning'
  const Icon = isWarning ? TriangleAlert : CircleX
  return (
    <li className={isWarning ? styles.warning : undefined}>
      <Icon className="small" aria-hidden />
      <span>
        <span className="unseen">{isWarning ? 'Warning: ' : 'Problem: '}</span>
        {path !== '' && <span className="mono">{path} </span>}
        <span className="t2">{message}</span>
      </span>
      {line !== undefined && (
        <button type="button" className={styles.lineLink} onClick={() => onLine(line)}>
          line {line}
        </button>
      )}
    </li>
  )
}
