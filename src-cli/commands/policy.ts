import { readFile, stat } from 'node:fs/promises'
import { checkPolicy, type ExampleOutcome } from '../../src-core/policy/check-policy.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DocumentProblem } from '../../src-protocol/policy-version.ts'

export interface PolicyFileOptions {
  file: string
  json?: boolean
  stdout?: NodeJS.WritableStream
}

const fileLimit = 4 * 1024 * 1024

/**
 * What the gateway would say to this document before it is activated. Resolves with the exit code: 0 it may be activated (there may be
 * warnings), 1 it may not.
 * @throws AppError FILE_UNREADABLE
 */
export async function runPolicyCheck({ file, json, stdout = process.stdout }: PolicyFileOptions): Promise<number> {
  const check = await checkPolicy(await readDocument(file))
  if (json) stdout.write(`${JSON.stringify({ ok: check.ok, problems: check.problems })}\n`)
  else {
    const { length } = check.problems
    stdout.write(check.problems.map((problem) => problemLine(file, problem)).join(''))
    if (length === 0) stdout.write(`${file}: no problem found\n`)
  }
  return check.ok ? 0 : 1
}

/**
 * Runs the examples of a document and tells each. Resolves with the exit code: 0 all hold, 1 not all do, or the document cannot be read.
 * @throws AppError FILE_UNREADABLE
 */
export async function runPolicyTest({ file, json, stdout = process.stdout }: PolicyFileOptions): Promise<number> {
  const check = await checkPolicy(await readDocument(file))
  const outcomes = check.examples
  if (outcomes === undefined) {
    stdout.write(
      json
        ? `${JSON.stringify({ ok: false, problems: check.problems })}\n`
        : check.problems.map((problem) => problemLine(file, problem)).join(''),
    )
    return 1
  }
  const failed = outcomes.filter(({ problem }) => problem !== undefined).length
  if (json) stdout.write(`${JSON.stringify({ ok: failed === 0, examples: outcomes.map(exampleFacts) })}\n`)
  else {
    stdout.write(outcomes.map(exampleLine).join(''))
    stdout.write(`${outcomes.length - failed} of ${outcomes.length} examples hold\n`)
  }
  return failed === 0 ? 0 : 1
}

/** `FILE:LINE: error: PLACE: MESSAGE`, as compilers write it */
export function problemLine(file: string, { line, path, message, severity }: DocumentProblem): string {
  const place = `${file}${line === undefined ? '' : `:${line}`}`
  return `${place}: ${severity ?? 'error'}: ${path === '' ? '' : `${path}: `}${message}\n`
}

function exampleLine(outcome: ExampleOutcome): string {
  const { example, decision, problem } = outcome
  const about = example.name ?? [example.connection, example.tool ?? example.method].join(' ')
  return problem === undefined
    ? `ok      ${about}: ${decision.effect} by ${decision.rule ?? 'the default'}\n`
    : `FAILED  ${about}: ${problem}\n`
}

function exampleFacts({ example, decision, problem }: ExampleOutcome): object {
  const { effect, rule, because } = decision
  return { name: example.name, expect: example.expect, effect, rule, because, ...(problem !== undefined && { problem }) }
}

/** @throws AppError FILE_UNREADABLE */
export async function readDocument(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > fileLimit) throw new AppError('FILE_UNREADABLE', { file, problem: `larger than ${fileLimit} bytes` })
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('FILE_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'not UTF-8' }, { cause })
  }
}
