/** The cheapest MCP server over stdio: initialize, tools/list, and one tool that gives back what it gets. Raw lines, no SDK. */
import { createInterface } from 'node:readline'

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

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line) as Request
  if (id === undefined) continue
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method, params) })}\n`)
}

function resultOf(method: string, params: Request['params']): object {
  if (method === 'initialize')
    return {
      protocolVersion: params?.protocolVersion ?? '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'echo', version: '1' },
    }
  if (method === 'tools/list') return { tools: [tool] }
  return { content: [{ type: 'text', text: params?.arguments?.text ?? '' }] }
}
