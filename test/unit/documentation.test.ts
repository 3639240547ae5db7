import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { missingPlatformPackages, type LockFile } from '../../build/complete-lock-file.ts'
import { jsonRpcNumbers } from '../../src-gateway/exchange/rpc-answer.ts'
import { documentSchema } from '../../src-protocol/document-schema.ts'
import { errors } from '../../src-protocol/errors.ts'
import { gatewayRounds, impossible, rounds, type Cell } from '../integration/fault-matrix-cells.ts'

const root = resolve(import.meta.dirname, '..', '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const codesOf = (number: number): string =>
  Object.entries(jsonRpcNumbers)
    .flatMap(([code, its]) => (its === number ? [`\`${code}\``] : []))
    .join(', ')
const ofServers = 'of servers only, and passed on'

/** JSON-RPC codes that AI clients see, and when. */
const numbersSeen: Record<string, string> = {
  '-32001': 'every code that is not named below; an MCP session that nobody knows (`SESSION_UNKNOWN`, with status 404)',
  '-32700': codesOf(-32700),
  '-32600': `${codesOf(-32600)}; what the agent refuses (\`INVALID_REQUEST\`)`,
  '-32602': `${codesOf(-32602)}; a request without a session whose \`_meta\` lacks what it needs (\`INVALID_REQUEST\`)`,
  '-32603': 'a server did not take the message (`SERVER_UNREACHABLE`)',
  '-32020': codesOf(-32020),
  '-32000': 'the agent has no place for it (`CONFLICT`, with status 409)',
  '-32601': ofServers,
  '-32021': ofServers,
  '-32022': ofServers,
}
const statusesWithoutBody: Record<string, string> = {
  202: 'a notification or a response was taken',
  405: 'the address does not take this method; the header `allow` names those that it takes',
}
const makersOfErrors = [
  'src-agent/exchange-reply.ts',
  'src-agent/server-session.ts',
  'src-agent/sse-server.ts',
  'src-cli/shim/stdio-shim.ts',
  'src-gateway/exchange/rpc-answer.ts',
  'src-main/services/local-endpoint/exchange-response.ts',
]

/** `npx vitest run --project unit test/unit/documentation.test.ts -u` writes the page afresh. */
test('docs/errors.md is the error table', async () => {
  const rows = Object.entries(errors).map(([code, [status, message, remedy]]) => `| \`${code}\` | ${status} | ${message} | ${remedy} |`)
  const page = [
    '# Errors',
    '',
    'Every failure that leaves a process has one of these codes. Decide by code, never by message. Over HTTP the body is',
    '`{ "error": { code, message, remedy, data } }` with the status; towards an AI client the same stands in the `data` of a JSON-RPC',
    'error, or in the text of a tool result that is marked as an error; on the command line it is `code: message — remedy`.',
    '',
    '| code | status | message | what to do |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## What an AI client sees',
    '',
    'A tool call that is denied, held, or whose tool is held is answered with a result that is marked as an error: its text is for the model,',
    '`_meta` has `gatehouse/code`, and the rule, the version and its sentence where a rule decided. Everything else is a JSON-RPC error. Its',
    'message ends with what to do, and its `data` has `code` and `remedy`. What a server itself answers is passed on as it is.',
    '',
    '| JSON-RPC code | when |',
    '|---|---|',
    ...Object.entries(numbersSeen).map(([number, when]) => `| ${number} | ${when} |`),
    '',
    'The HTTP status is that of the table above, as long as nothing was answered yet; a call that has begun is answered with 200. Without a body:',
    '',
    '| status | when |',
    '|---|---|',
    ...Object.entries(statusesWithoutBody).map(([status, when]) => `| ${status} | ${when} |`),
    '',
  ]
  await expect(page.join('\n')).toMatchFileSnapshot('../../docs/errors.md')
})

test('every code that an AI client can be given stands there with what to do, whoever makes it', () => {
  const sources = ['src-agent', 'src-cli/shim', 'src-gateway/exchange', 'src-main/services/local-endpoint']
    .flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file))
    .concat('src-main/services/local-endpoint.ts')
    .map((file) => ({ file, text: read(file) }))
  const numbers = sources.flatMap(({ text }) => text.match(/-32\d{3}\b/g) ?? [])
  expect(new Set(numbers)).toEqual(new Set(Object.keys(numbersSeen)))
  const statuses = sources.flatMap(({ text }) => [
    ...text.matchAll(/status: ([1-5]\d\d)\b|(?:writeHead|sendError)\((?:response, )?([1-5]\d\d)\b/g),
  ])
  const known = new Set([...Object.values(errors).map(([status]) => String(status)), ...Object.keys(statusesWithoutBody), '200'])
  expect(statuses.map(([, one, other]) => one ?? other).filter((status) => !known.has(status ?? ''))).toEqual([])
  // who makes an error of its own gives it a code and a remedy of the table: each of these does, and has a test of it
  const makers = sources
    .filter(({ text }) => /error: \{ code|error = \{ code|\{ code: -32|error: \{\n\s+code/.test(text))
    .map(({ file }) => file)
  expect(makers).toEqual(makersOfErrors)
  expect(Object.values(errors).filter(([, message, remedy]) => message.length < 5 || !/^\p{Lu}.{9,}[.}]$/u.test(remedy))).toEqual([])
})

test('docs/*.schema.json are the schemas of the documents that people write', async () => {
  for (const kind of ['policy', 'masking'] as const) {
    await expect(`${JSON.stringify(documentSchema(kind), undefined, 2)}\n`).toMatchFileSnapshot(`../../docs/${kind}.schema.json`)
  }
})

test('docs/fault-matrix.md is the table that the fault matrix is tested by', async () => {
  const told = (cell: Cell): string => {
    if (typeof cell !== 'string') return cell.map(told).join(' / ')
    return cell === 'result' || cell === 'broken' ? cell : `\`${cell}\``
  }
  const rows = [...rounds, ...gatewayRounds].map(
    ({ what, cells: { before, running, answered, held } }) => `| ${what} | ${[before, running, answered, held].map(told).join(' | ')} |`,
  )
  const page = [
    '# Fault matrix',
    '',
    'What an AI client is told when something between it and its MCP server fails, for each place, kind of fault and moment of a call. Every cell is',
    'tried with clients of both eras of MCP (`test/integration/fault-matrix*.test.ts`), and in every one of them:',
    '',
    '- the client gets exactly one answer or one error with a code, unless its own connection is what broke;',
    '- a call that had begun has run once; every other call runs once if it is answered with a result, and not at all otherwise;',
    '- the recording of the session verifies, and has for each call that reached the gateway the request and what became of it;',
    '- no process of the session stays.',
    '',
    '“result”: the call is answered as if nothing had happened. “broken”: the client sees its own connection break. The codes are those of',
    '[Errors](errors.md); the faults of other parts are in [Faults](faults.md).',
    '',
    '| what fails | before the call | while it runs | answered, not delivered | while it is held |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    'Not in the table:',
    '',
    ...impossible.map(([what, why]) => `- ${what}: ${why}.`),
    '',
  ]
  await expect(page.join('\n')).toMatchFileSnapshot('../../docs/fault-matrix.md')
})

test('docs/dependencies.md gives a reason for every dependency, and for nothing else', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const documented = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`\s*\|.+\|$/gm)].map((row) => row[1]!)
  expect(documented.toSorted()).toEqual(Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).toSorted())
})

test('versions are exact: a newer one is a decision', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const loose = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([, version]) => !/^(npm:[@\w/-]+@)?\d+\.\d+\.\d+/.test(version),
  )
  expect(loose).toEqual([])
})

test('the lock file names the binaries of every platform, so that npm ci accepts it anywhere', () => {
  expect(missingPlatformPackages(JSON.parse(read('package-lock.json')) as LockFile)).toEqual([])
})

test('links between pages lead somewhere', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join('docs', file)),
  ]
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map((link) => link[1]!)
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page} → ${target}`),
  )
  expect(broken).toEqual([])
})
