import { decideMessage } from '../../src-core/policy/decide-message.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import type { JsonValue } from '../../src-core/json/json-value.ts'
import type { SqlDialect } from '../../src-protocol/model.ts'

/** What a careful administrator would write: reading is free, changes are held, ways out of the database and of the folder are shut. */
const text = `
version: 1
rules:
  - id: read
    match: { connections: [db], tools: [query] }
    when: >-
      sql(args.sql).kinds.all(k, k == "select")
      && !sql(args.sql).tables.exists(t, t == "customers_secret" || t.endsWith(".customers_secret"))
      && sql(args.sql).functions.all(f, f in ["count", "sum", "avg", "min", "max", "lower", "upper", "coalesce", "round", "length", "now"])
    effect: allow
    because: Reading is allowed, but for the secret table; of functions those that only calculate.
  - id: change
    match: { connections: [db], tools: [query] }
    when: sql(args.sql).kinds.exists(k, k in ["insert", "update", "delete", "ddl", "grant", "transaction", "set", "utility", "unknown"])
    effect: review
    review: { groups: [dba] }
    because: What is more than reading, or cannot be read, is looked at by a person.
  - id: way-out
    match: { connections: [db], tools: [query] }
    when: >-
      sql(args.sql).kinds.exists(k, k in ["copy", "call"])
      || sql(args.sql).functions.exists(f, f in ["pg_read_file", "pg_read_binary_file", "pg_ls_dir", "lo_import", "lo_export", "dblink", "dblink_exec", "load_extension", "readfile", "writefile", "load_file", "sleep", "pg_sleep", "openrowset", "query_to_xml", "set_config", "pg_terminate_backend"])
    effect: deny
    because: Files, programs and other servers are out of reach.
  - id: files
    match: { connections: [files], tools: [read_file, list_directory] }
    when: >-
      path(args.path).absolute && !path(args.path).doubtful && !path(args.path).climbs && path(args.path).text.startsWith("/srv/data/")
      && !path(args.path).folded.exists(p, p.startsWith("secret") || p.startsWith("."))
    effect: allow
    because: The data folder may be read, but for what is secret or hidden in it.
  - id: fetch
    match: { connections: [web], tools: [fetch] }
    when: >-
      url(args.url).scheme == "https" && !url(args.url).private && !url(args.url).doubtful
      && (url(args.url).host == "example.com" || url(args.url).host.endsWith(".example.com"))
    effect: allow
    because: Only the company's own site may be fetched.
  - id: run
    match: { connections: [runner], tools: [run] }
    when: '!has(args.command) || args.command == "status"'
    effect: allow
    because: Without a command it only says how it is.
  - id: list
    match: { connections: [runner], tools: [list] }
    when: path(args.filter.path).text.startsWith("/srv/")
    effect: allow
    because: What lies in the folder may be listed.
`

export interface Call {
  connection: string
  tool: string
  args: JsonValue
  dialect?: SqlDialect
  method?: string
}

/** What the policy says to a call, as `effect rule`. */
export async function createAttemptPolicy(): Promise<(call: Call) => string> {
  const load = await loadPolicy(text)
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  const person = { sub: 'mallory', name: 'Mallory', groups: ['operators'], roles: ['operator' as const] }
  return ({ connection, tool, args, dialect, method = 'tools/call' }) => {
    const { effect, rule } = decideMessage(load.policy, { connection, server: 's', method, tool, args, person, dialect })
    return `${effect} ${rule ?? 'default'}`
  }
}
