import type { DocumentProblem } from '../../../src-protocol/policy-version.ts'

/** Warnings are worth a look and keep nothing from being activated. */
export function countProblems(problems: readonly DocumentProblem[]): { errors: number; warnings: number } {
  const warnings = problems.filter(({ severity }) => severity === 'warning').length
  return { errors: problems.length - warnings, warnings }
}

/** `2 problems, 1 warning` */
export function describeProblems(problems: readonly DocumentProblem[]): string {
  const { errors, warnings } = countProblems(problems)
  const parts = [
    ...(errors > 0 || warnings === 0 ? [errors === 0 ? 'no problem' : errors === 1 ? '1 problem' : `${errors} problems`] : []),
    ...(warnings > 0 ? [warnings === 1 ? '1 warning' : `${warnings} warnings`] : []),
  ]
  return parts.join(', ')
}
