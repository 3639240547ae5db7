import type { ClientSetup } from '../../src-protocol/desktop-api.ts'
import type { LocalAccess } from './local-endpoint.ts'

/** a held call may wait for a reviewer: longer than the clients' own patience, where they let us say so */
const claudeCodeTimeoutMs = 900_000

/** How to point each AI client at a session's endpoint, in the form that the client's own documentation gives. */
export function clientSetup(connection: string, { url, bearer }: LocalAccess): ClientSetup {
  const headers = { Authorization: `Bearer ${bearer}` }
  return {
    url,
    bearer,
    clients: [
      {
        id: 'claude-code',
        title: 'Claude Code',
        where: '.mcp.json in the project folder; it holds the secret, so keep it out of version control',
        language: 'json',
        snippet: json({ mcpServers: { [connection]: { type: 'http', url, headers, timeout: claudeCodeTimeoutMs } } }),
        command: `claude mcp add --transport http ${connection} ${url} --header "Authorization: Bearer ${bearer}"`,
      },
      {
        id: 'claude-desktop',
        title: 'Claude Desktop',
        where: 'claude_desktop_config.json; gatehouse-mcp is installed with the gatehouse command: give its whole path if it is not found',
        language: 'json',
        // it only starts programs: this one finds the session by its connection, and needs no secret
        snippet: json({ mcpServers: { [connection]: { command: 'gatehouse-mcp', args: [connection] } } }),
      },
      {
        id: 'vs-code',
        title: 'VS Code',
        where: '.vscode/mcp.json in the workspace; it holds the secret, so keep it out of version control',
        language: 'json',
        snippet: json({ servers: { [connection]: { type: 'http', url, headers } } }),
      },
      {
        id: 'cursor',
        title: 'Cursor',
        where: '~/.cursor/mcp.json',
        language: 'json',
        snippet: json({ mcpServers: { [connection]: { url, headers } } }),
      },
      {
        id: 'generic',
        title: 'Other',
        where: 'Streamable HTTP with a request header',
        language: 'json',
        snippet: json({ url, headers }),
        command: initializeCommand(url, bearer),
      },
    ],
  }
}

/** Shows on a terminal that the endpoint answers, with nothing but curl. */
function initializeCommand(url: string, bearer: string): string {
  const message = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
  }
  return [
    `curl -N ${url}`,
    `-H 'Authorization: Bearer ${bearer}'`,
    `-H 'Content-Type: application/json'`,
    `-H 'Accept: application/json, text/event-stream'`,
    `-d '${JSON.stringify(message)}'`,
  ].join(' ')
}

const json = (value: unknown): string => JSON.stringify(value, null, 2)
