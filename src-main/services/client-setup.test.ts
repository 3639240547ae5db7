import { expect, test } from 'vitest'
import { clientSetup as clientSetupSchema } from '../../src-protocol/desktop-api.ts'
import { clientSetup } from './client-setup.ts'

const access = { connection: 'db', url: 'http://127.0.0.1:27500/mcp/db', bearer: 'secret' }
const setup = clientSetup('db', access)
const snippetOf = (id: string): unknown => JSON.parse(setup.clients.find((client) => client.id === id)?.snippet ?? '')
const headers = { Authorization: 'Bearer secret' }

test('fits the contract', () => {
  expect(clientSetupSchema.parse(setup)).toEqual(setup)
})

test.for([
  ['claude-code', { mcpServers: { db: { type: 'http', url: access.url, headers, timeout: 900_000 } } }],
  ['claude-desktop', { mcpServers: { db: { command: 'gatehouse-mcp', args: ['db'] } } }],
  ['vs-code', { servers: { db: { type: 'http', url: access.url, headers } } }],
  ['cursor', { mcpServers: { db: { url: access.url, headers } } }],
  ['generic', { url: access.url, headers }],
] as const)('%s gets the form that its documentation gives', ([id, expected]) => {
  expect(snippetOf(id)).toEqual(expected)
})

test('commands carry address and secret', () => {
  for (const { command } of setup.clients) {
    if (command === undefined) continue
    expect(command).toContain(access.url)
    expect(command).toContain('Bearer secret')
  }
})
