/** An MCP server over stdio whose one tool tells when its call arrived, by the clock that all processes of the machine share. */
import { createInterface } from 'node:readline'
import { machineTime } from './clock.ts'

const tool = {
  name: 'arrive',
  description: 'Tells when it was called',
  inputSchema: { type: 'object', properties: { number: { type: 'integer' } } },
}

interface Request {
  id?: string | number
  method: string
  params?: { protocolVersion?: string }
}

for await (const line of createInterface({ input: process.stdin })) {
  const arrivedAt = machineTime()
  const { id, method, params } = JSON.parse(line) as Request
  if (id === undefined) continue
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method, params) })}\n`)

  function resultOf(called: string, given: Request['params']): object {
    if (called === 'initialize')
      return {
        protocolVersion: given?.protocolVersion ?? '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'held', version: '1' },
      }
    if (called === 'tools/list') return { tools: [tool] }
    return { content: [{ type: 'text', text: String(arrivedAt) }] }
  }
}
