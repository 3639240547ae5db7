/** The official SDK's server over Streamable HTTP, with the same echo tool: what `mcp-remote` talks to. Prints {"url"} when it listens. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { z } from 'zod'

const transports = new Map<string, WebStandardStreamableHTTPServerTransport>()

async function openTransport(): Promise<WebStandardStreamableHTTPServerTransport> {
  const server = new McpServer({ name: 'echo', version: '1' })
  server.registerTool('echo', { description: 'Gives back its text', inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }))
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: true,
    onsessioninitialized: (id) => void transports.set(id, transport),
  })
  await server.connect(transport)
  return transport
}

const handle = toNodeHandler({
  async fetch(request: Request) {
    const transport = transports.get(request.headers.get('mcp-session-id') ?? '') ?? (await openTransport())
    return transport.handleRequest(request)
  },
})
const server = createServer((request, response) => void handle(request, response))
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` })}\n`)
})
