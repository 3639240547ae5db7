/**
 * The client that the suites try: `node client.ts [--through CONTROL] URL`. It does whatever the server has: lists and reads everything
 * and calls every tool. `CONTROL` is told the server's address and names the one to use instead.
 */
import { parseArgs } from 'node:util'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { z } from 'zod'

const { values, positionals } = parseArgs({ options: { through: { type: 'string' } }, allowPositionals: true })
const server = positionals.at(-1) ?? ''
const { MCP_CONFORMANCE_PROTOCOL_VERSION: revision = '', MCP_CONFORMANCE_CONTEXT: context = '{}' } = process.env
const wanted = z
  .object({ toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).default([]) })
  .parse(JSON.parse(context))

const url = values.through === undefined ? server : await (await fetch(values.through, { method: 'POST', body: server })).text()
const client = new Client(
  { name: 'gatehouse-conformance-client', version: '1.0.0' },
  {
    capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: { listChanged: true } },
    versionNegotiation: { mode: revision >= '2026-07-28' ? 'auto' : 'legacy' },
  },
)
client.setRequestHandler('elicitation/create', () => ({ action: 'accept' as const, content: {} }))
client.setRequestHandler('sampling/createMessage', () => ({
  role: 'assistant' as const,
  content: { type: 'text' as const, text: 'sampled' },
  model: 'test',
}))
client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///workspace', name: 'workspace' }] }))

/** What the server refuses is one of the things that are compared, and no reason to stop. */
async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`)
    return undefined
  }
}

await client.connect(new StreamableHTTPClientTransport(new URL(url)))
const tools = (await attempt(() => client.listTools()))?.tools ?? []
const focal = tools.find(({ name }) => name === 'json_schema_2020_12_tool')
for (const tool of tools) {
  const calls = wanted.toolCalls.filter(({ name }) => name === tool.name)
  for (const call of calls.length > 0 ? calls : [{ name: tool.name, arguments: argumentsOf(tool.inputSchema.properties ?? {}) }]) {
    await attempt(() => client.callTool(call))
  }
}
const { resources: hasResources, prompts: hasPrompts } = client.getServerCapabilities() ?? {}
if (hasResources) {
  const { resources = [] } = (await attempt(() => client.listResources())) ?? {}
  for (const { uri } of resources) await attempt(() => client.readResource({ uri }))
}
if (hasPrompts) {
  const { prompts = [] } = (await attempt(() => client.listPrompts())) ?? {}
  for (const { name } of prompts) await attempt(() => client.getPrompt({ name }))
}
await client.close()

/** Something of the right type for each; a schema is asked for to see whether it came through whole. */
function argumentsOf(properties: object): Record<string, unknown> {
  const entries = Object.entries(properties).map(([name, property]): [string, unknown] => {
    if (name === 'schema') return [name, focal?.inputSchema ?? {}]
    const { type } = z.looseObject({ type: z.unknown() }).parse(property)
    return [name, type === 'number' || type === 'integer' ? 2 : type === 'boolean' ? true : type === 'object' ? {} : 'text']
  })
  return Object.fromEntries(entries)
}
