import type { DocumentProblem } from '../../../src-protocol/policy-version.ts'
import type { LineChanges } from '../../../src-core/policy/changed-lines.ts'
import { countProblems } from './count-problems.ts'

export interface ActivationFacts {
  administrator: boolean
  reachable: boolean
  changes: LineChanges
  /** of exactly the text that would be activated; undefined while it is not checked */
  problems: readonly DocumentProblem[] | undefined
  checkFailed: boolean
}

/** Why a draft cannot be activated now, as a sentence; undefined if it can. The gateway checks again. */
export function whyNotActivate({ administrator, reachable, changes, problems, checkFailed }: ActivationFacts): string | undefined {
  if (!administrator) return 'Activating needs the role administrator.'
  if (!reachable) return 'The gateway cannot be reached.'
  if (changes.changed.size === 0 && changes.removed === 0) return 'It is the same as what is in force.'
  if (checkFailed) return 'It could not be checked.'
  if (problems === undefined) return 'The check is still running.'
  const { errors } = countProblems(problems)
  if (errors > 0) return errors === 1 ? 'The check found a problem.' : `The check found ${errors} problems.`
  return undefined
}
