import type { Diagnostic } from '@codemirror/lint'
import type { Text } from '@codemirror/state'
import type { DocumentProblem } from '../../../../src-protocol/policy-version.ts'

/** Problems at their lines; one without a line stands at the first. */
export const diagnosticsOf = (doc: Text, problems: readonly DocumentProblem[]): Diagnostic[] =>
  problems.map(({ line: number = 1, message, path, severity }) => {
    const line = doc.line(Math.min(Math.max(number, 1), doc.lines))
    const indent = /^[\s-]*/.exec(line.text)?.[0].length ?? 0
    const note = severity === 'note'
    return {
      from: line.from + Math.min(indent, line.length),
      // what holds is told in the margin only
      to: note ? line.from + Math.min(indent, line.length) : line.to,
      severity: severity === 'warning' ? 'warning' : note ? 'hint' : 'error',
      message: path === '' || note ? message : `${path}: ${message}`,
    }
  })
