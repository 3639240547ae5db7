import { loadDialectParsers } from './dialect-parsers.ts'
import createInstance, { type PgQueryInstance } from 'libpg-query/wasm/libpg-query.js'

/** `statements` as libpg_query writes them; `stmt_location` and `stmt_len` count bytes of UTF-8. */
export interface ParsedSql {
  stmts?: { stmt?: Record<string, unknown>; stmt_location?: number; stmt_len?: number }[]
}

export type SqlParse = { ok: true; tree: ParsedSql } | { ok: false; reason: 'syntax' | 'unavailable' }

let current: PgQueryInstance | undefined
let spare: PgQueryInstance | undefined

/** Makes the parsers ready; safe to call again. Until it has resolved, every text is unavailable. */
export async function loadSqlParser(): Promise<void> {
  current ??= await createInstance()
  spare ??= await createInstance()
  await loadDialectParsers()
}

/**
 * Parses with PostgreSQL's own grammar; never throws.
 *
 * A text that nests deeply enough overflows the stack in the middle of the WebAssembly module. The module does not
 * recover from that (after some thirty times it refuses everything), so an instance that threw is never used again:
 * the spare takes its place and another is made.
 */
export function parseSql(text: string): SqlParse {
  const instance = current
  if (!instance) return { ok: false, reason: 'unavailable' }
  try {
    const json = parseToJson(instance, text)
    return json === undefined ? { ok: false, reason: 'syntax' } : { ok: true, tree: JSON.parse(json) as ParsedSql }
  } catch {
    replaceInstance()
    return { ok: false, reason: 'unavailable' }
  }
}

function replaceInstance(): void {
  current = spare
  spare = undefined
  // a failure here leaves the parser unavailable, and so every text unknown
  void loadSqlParser().catch(() => undefined)
}

/** The struct behind `result`: pointers to the tree (JSON), to what was written to stderr, and to the error. */
function parseToJson(instance: PgQueryInstance, text: string): string | undefined {
  const { _malloc: allocate, _free: free, _wasm_parse_query_raw: parseQuery, _wasm_free_parse_result: freeResult } = instance
  const bytes = instance.lengthBytesUTF8(text) + 1
  const query = allocate(bytes)
  if (query === 0) throw new Error('out of memory')
  instance.stringToUTF8(text, query, bytes)
  const result = parseQuery(query)
  if (result === 0) throw new Error('out of memory')
  const tree = instance.getValue(result, 'i32')
  const error = instance.getValue(result + 8, 'i32')
  const json = error !== 0 || tree === 0 ? undefined : instance.UTF8ToString(tree)
  free(query)
  freeResult(result)
  return json
}
