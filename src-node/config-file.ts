import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { yamlProblem } from '../src-core/yaml-document.ts'
import { AppError } from '../src-protocol/app-error.ts'

/**
 * Reads a YAML file and checks it. Every problem names its place (`limits.holdSeconds`) and what is expected there.
 * @throws AppError CONFIG_UNREADABLE, CONFIG_INVALID
 */
export function readConfigFile<S extends z.ZodType>(file: string, schema: S): z.output<S> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('CONFIG_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause })
  }
  const document = parseDocument(text, { uniqueKeys: true })
  const [syntax] = document.errors
  if (syntax) throw new AppError('CONFIG_INVALID', { file, problem: yamlProblem(syntax.message) })
  const checked = schema.safeParse(document.toJS())
  if (!checked.success) throw new AppError('CONFIG_INVALID', { file, problem: describeIssues(checked.error.issues) })
  return checked.data
}

/** `place: expectation; …`, in the order of the file's schema. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map((issue) => `${issue.path.length ? issue.path.join('.') : 'the file'}: ${issue.message}`).join('; ')
}
