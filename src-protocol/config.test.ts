import { describe, expect, test } from 'vitest'
import { agentConfig } from './config.ts'

const problemsOf = (...servers: unknown[]): string[] => {
  const checked = agentConfig.safeParse({ gateway: 'https://gate.example', data: 'data', servers })
  return checked.success ? [] : checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}
const server = (more: object) => ({ name: 'db', title: 'Database', ...more })

describe('servers of an agent', () => {
  test('a program', () => {
    expect(agentConfig.parse({ gateway: 'https://g.example', data: 'd', servers: [server({ command: ['x'] })] }).servers).toEqual([
      { name: 'db', title: 'Database', command: ['x'], env: {}, startSeconds: 30 },
    ])
  })
  test('a server that runs', () => {
    const http = server({ url: 'https://db.example/mcp', headers: { 'X-Tenant': 'a' }, bearer: 'env:TOKEN', ca: 'ca.pem' })
    expect(agentConfig.parse({ gateway: 'https://g.example', data: 'd', servers: [http] }).servers).toEqual([{ ...http, startSeconds: 30 }])
  })
  test.for(['https://a.example', 'http://127.0.0.1:3001/mcp', 'http://localhost/mcp', 'http://[::1]:80/mcp', 'HTTP://LOCALHOST:1/'])(
    'is accepted: %s',
    (url) => {
      expect(problemsOf(server({ url }))).toEqual([])
    },
  )
  test.for([
    ['http://db.example/mcp', 'servers.0.url: plain http is accepted on this computer only: use https'],
    ['http://localhost.example/mcp', 'servers.0.url: plain http is accepted on this computer only: use https'],
    ['http://127.0.0.1@db.example/mcp', 'servers.0.url: plain http is accepted on this computer only: use https'],
    ['https://user:word@db.example', 'servers.0.url: no user and password: name the credential in bearer or headers'],
    ['ftp://db.example', 'servers.0.url: an address such as https://mcp.example/mcp'],
    ['db.example', 'servers.0.url: an address such as https://mcp.example/mcp'],
  ] as const)('is refused: %s', ([url, problem]) => {
    expect(problemsOf(server({ url }))).toContain(problem)
  })
  test.for([
    [server({}), 'servers.0: either command (a program to start) or url (a server that runs) is needed'],
    [
      server({ command: ['x'], url: 'https://a.example' }),
      'servers.0: either command (a program to start) or url (a server that runs) is needed',
    ],
    [server({ command: [] }), 'servers.0.command: Too small: expected array to have >=1 items'],
    [server({ command: ['x'], bearer: 'env:X' }), 'servers.0: Unrecognized key: "bearer" (known here: name, title, description, command,'],
    [server({ url: 'https://a.example', cwd: '.' }), 'servers.0: Unrecognized key: "cwd" (known here: name, title, description, url,'],
    [server({ url: 'https://a.example', bearer: 'hunter2' }), 'servers.0.bearer: a reference such as env:NAME or file:/run/secrets/name'],
    [
      { name: 'UPPER', title: 'x', url: 'https://a.example' },
      'servers.0.name: Invalid string: must match pattern /^[a-z0-9][a-z0-9-]{0,62}$/',
    ],
    ['a string', 'servers.0: a server'],
    [null, 'servers.0: a server'],
  ] as const)('%j', ([value, problem]) => {
    expect(problemsOf(value)).toContainEqual(expect.stringContaining(problem))
  })
  test.for(['Authorization', 'host', 'Mcp-Session-Id', 'content-length', 'Accept', 'not a name', 'x:y'])(
    'the header %s is not the configuration’s to set',
    (name) => {
      expect(problemsOf(server({ url: 'https://a.example', headers: { [name]: 'x' } }))).toHaveLength(1)
    },
  )
  test('a header of two lines is refused', () => {
    expect(problemsOf(server({ url: 'https://a.example', headers: { 'X-A': 'x\r\nX-B: y' } }))).toEqual(['servers.0.headers.X-A: one line'])
  })
  test('the place of a later server is named', () => {
    expect(problemsOf(server({ command: ['x'] }), server({ name: 'b', url: 'x' }))[0]).toMatch(/^servers\.1\.url: /)
  })
})
