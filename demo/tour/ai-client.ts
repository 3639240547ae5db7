import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { ClientSetup } from '../../src-protocol/desktop-api.ts'

/** The AI client of the tour: the MCP SDK's own, given nothing but what the session page shows. */
export interface AiClient {
  tools(): Promise<string[]>
  /** the text of the answer, and whether it is marked as an error */
  call(tool: string, args: Record<string, unknown>): Promise<{ text: string; isError: boolean }>
  close(): Promise<void>
}

/** longer than a reviewer takes */
const patienceMilliseconds = 240_000

export async function connectAiClient(setup: Pick<ClientSetup, 'url' | 'bearer'>): Promise<AiClient> {
  const client = new Client({ name: 'tour-assistant', version: '1.0.0' })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(setup.url), { requestInit: { headers: { authorization: `Bearer ${setup.bearer}` } } }),
  )
  return {
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    async call(name, args) {
      const result = await client.callTool(
        { name, arguments: args },
        { timeout: patienceMilliseconds, resetTimeoutOnProgress: true, onprogress: () => {} },
      )
      const texts = result.content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
      return { text: texts.join('\n'), isError: result.isError === true }
    },
    close: () => client.close(),
  }
}
