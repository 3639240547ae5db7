import { LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import type { DocumentProblem } from '../src-protocol/policy-version.ts'

export type YamlRead<T> =
  { ok: true; value: T; lineOf(path: readonly PropertyKey[]): number | undefined } | { ok: false; problems: DocumentProblem[] }

/** Reads YAML text by a schema; every problem names its place, and its line (from 1) where the document has that place. */
export function readYamlDocument<S extends z.ZodType>(text: string, schema: S): YamlRead<z.output<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, maxAliasCount: 100 } as Parameters<typeof parseDocument>[1])
  if (document.errors.length > 0)
    return {
      ok: false,
      problems: document.errors.map((error) => ({
        path: '',
        message: yamlProblem(error.message),
        line: error.linePos?.[0].line,
      })),
    }
  const lineOf = (path: readonly PropertyKey[]) => lineOfPath(document, lines, path)
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch {
    return { ok: false, problems: [{ path: '', message: 'too many aliases' }] }
  }
  const checked = schema.safeParse(value)
  if (checked.success) return { ok: true, value: checked.data, lineOf }
  return {
    ok: false,
    problems: checked.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message, line: lineOf(issue.path) })),
  }
}

/** The first line of what the parser says, without the text that it quotes from there on. */
export function yamlProblem(message: string): string {
  const line = (message.split('\n')[0] ?? '').replace(/:$/, '')
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

/** The line of the deepest node on the path that the text has. */
function lineOfPath(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return lines.linePos(node.range[0] as number).line
  }
  return undefined
}
