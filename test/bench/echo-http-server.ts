/** The cheapest MCP server over Streamable HTTP: what idle sessions are open to. Prints {"url"} when it listens. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const tool = {
  name: 'echo',
  description: 'Gives back its text',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
}

interface Request {
  id?: string | number
  method: string
  params?: { protocolVersion?: string; arguments?: { text?: string } }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (request.method !== 'POST') return void response.writeHead(request.method === 'DELETE' ? 200 : 405).end()
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as Request
    if (id === undefined) return void response.writeHead(202).end()
    const session = method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}
    response.writeHead(200, { 'content-type': 'application/json', ...session })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method, params) }))
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` })}\n`)
})

function resultOf(method: string, params: Request['params']): object {
  if (method === 'initialize')
    return {
      protocolVersion: params?.protocolVersion ?? '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'echo-http', version: '1' },
    }
  if (method === 'tools/list') return { tools: [tool] }
  return { content: [{ type: 'text', text: params?.arguments?.text ?? '' }] }
}
