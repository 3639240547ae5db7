import { Client, ProtocolError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopOutput } from '../../src-protocol/desktop-api.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { version } from '../../src-protocol/version.ts'
import type { LocalAccess } from './local-endpoint.ts'

/** A real MCP client of the local endpoint: what it sees is what an AI client would see. */
export interface Tester {
  listTools(session: SessionId): Promise<DesktopOutput<'tester:list-tools'>>
  call(session: SessionId, tool: string, args: Record<string, unknown>): Promise<DesktopOutput<'tester:call'>>
  /** the session has ended */
  forget(session: SessionId): void
  close(): Promise<void>
}

/** a held call waits for a reviewer; the gateway's progress keeps it alive within this */
const callTimeoutMs = 900_000
const ours = z.object({ code: z.string() })

export function createTester(options: { access: (session: SessionId) => LocalAccess | undefined; now?: () => number }): Tester {
  const { now = () => performance.now() } = options
  const clients = new Map<SessionId, Promise<Client>>()

  async function connect(session: SessionId): Promise<Client> {
    const access = options.access(session)
    if (!access) throw new AppError('SESSION_UNKNOWN')
    const client = new Client({ name: 'gatehouse-tester', version })
    const requestInit = { headers: { authorization: `Bearer ${access.bearer}` } }
    await client.connect(new StreamableHTTPClientTransport(new URL(access.url), { requestInit }))
    return client
  }

  function clientOf(session: SessionId): Promise<Client> {
    const existing = clients.get(session)
    if (existing) return existing
    const connecting = connect(session)
    clients.set(session, connecting)
    connecting.catch(() => clients.delete(session))
    return connecting
  }

  function forget(session: SessionId) {
    const client = clients.get(session)
    clients.delete(session)
    void client?.then((connected) => connected.close()).catch(() => undefined)
  }

  /** Our own refusals come back as what they are. */
  async function translated<T>(session: SessionId, work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await work(await clientOf(session))
    } catch (error) {
      if (error instanceof AppError) throw error
      // the transport failed, or the server has forgotten this client: the next attempt begins anew
      if (!(error instanceof ProtocolError)) forget(session)
      const data = ours.safeParse((error as { data?: unknown }).data)
      if (error instanceof ProtocolError && data.success) throw AppError.from({ code: data.data.code, data: data.data })
      const problem = error instanceof Error ? error.message : 'unknown'
      throw new AppError('INVALID_REQUEST', { problem: `the MCP server answered: ${problem}` }, { cause: error })
    }
  }

  return {
    listTools: (session) =>
      translated(session, async (client) => {
        const { tools } = await client.listTools()
        return tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
      }),
    call: (session, tool, args) =>
      translated(session, async (client) => {
        const startedAt = now()
        // not callTool: it refuses results that do not fit their schema, and a masked one may not
        const request = { method: 'tools/call' as const, params: { name: tool, arguments: args } }
        const result = await client.request(request, { timeout: callTimeoutMs, resetTimeoutOnProgress: true, onprogress: () => {} })
        return { result, tookMs: now() - startedAt }
      }),
    forget,
    async close() {
      const all = [...clients.values()]
      clients.clear()
      await Promise.allSettled(all.map(async (client) => (await client).close()))
    },
  }
}
