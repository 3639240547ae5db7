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
      { name: 'db', title: 'Database', command: ['x'], env: {}, startSeconds: 30, restart: 'never' },
    ])
  })
  test('a server that runs', () => {
    const http = server({ url: 'https://db.example/mcp', headers: { 'X-Tenant': 'a' }, bearer: 'env:TOKEN', ca: 'ca.pem' })
    expect(agentConfig.parse({ gateway: 'https://g.example', data: 'd', servers: [http] }).servers).toEqual([
      { ...http, startSeconds: 30, transport: 'streamable-http' },
    ])
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
  test.for(['Mcp-Session-Id', 'Mcp-Param-Region', 'mcp-param-x', 'MCP-Name', 'mcp-method', 'MCP-Protocol-Version'])(
    'the header %s is the client’s to set, and not the configuration’s',
    (name) => {
      expect(problemsOf(server({ url: 'https://a.example', headers: { [name]: 'x' } }))).toEqual([
        `servers.0.headers.${name}: this header is set by the exchange itself, or by bearer`,
      ])
    },
  )
  test.for([
    'Authorization',
    'host',
    'Accept',
    'accept-encoding',
    'Last-Event-ID',
    'Transfer-Encoding',
    'content-length',
    'not a name',
    'x:y',
  ])('the header %s is not the configuration’s to set', (name) => {
    expect(problemsOf(server({ url: 'https://a.example', headers: { [name]: 'x' } }))).toHaveLength(1)
  })
  test('a header of two lines is refused', () => {
    expect(problemsOf(server({ url: 'https://a.example', headers: { 'X-A': 'x\r\nX-B: y' } }))).toEqual(['servers.0.headers.X-A: one line'])
  })
  test('the place of a later server is named', () => {
    expect(problemsOf(server({ command: ['x'] }), server({ name: 'b', url: 'x' }))[0]).toMatch(/^servers\.1\.url: /)
  })
})

describe('an account of the agent', () => {
  const account = { tokenUrl: 'https://login.example/token', clientId: 'gate', clientSecret: 'env:SECRET' }
  const problems = (oauth: object, more: object = {}) => problemsOf(server({ url: 'https://a.example', oauth, ...more }))
  const withoutUrl = { clientId: account.clientId, clientSecret: account.clientSecret }
  const withoutSecret = { clientId: account.clientId, tokenUrl: account.tokenUrl }

  test.for([
    account,
    { ...account, authentication: 'client_secret_post', scopes: ['a:b', 'c'], audience: 'x', resource: 'https://a.example/mcp' },
    { ...withoutUrl, issuer: 'http://127.0.0.1:3000' },
    { ...withoutSecret, privateKey: 'file:key.pem', keyId: '1' },
  ])('%j', (oauth) => {
    expect(problems(oauth)).toEqual([])
  })
  test.for([
    [withoutUrl, 'servers.0.oauth: either issuer or tokenUrl is needed'],
    [{ ...account, issuer: 'https://login.example' }, 'servers.0.oauth: either issuer or tokenUrl is needed'],
    [withoutSecret, 'servers.0.oauth: either clientSecret or privateKey is needed'],
    [{ ...account, privateKey: 'file:k' }, 'servers.0.oauth: either clientSecret or privateKey is needed'],
    [{ ...account, clientSecret: 'hunter2' }, 'servers.0.oauth.clientSecret: a reference such as env:NAME or file:/run/secrets/name'],
    [
      { ...account, tokenUrl: 'http://login.example/token' },
      'servers.0.oauth.tokenUrl: plain http is accepted on this computer only: use https',
    ],
    [{ ...withoutUrl, issuer: 'http://login.example' }, 'servers.0.oauth.issuer: plain http is accepted on this computer only: use https'],
    [{ ...account, keyId: '1' }, 'servers.0.oauth.keyId: it names privateKey, and there is none'],
    [
      { ...withoutSecret, privateKey: 'file:k', authentication: 'client_secret_post' },
      'servers.0.oauth.authentication: it says how clientSecret is sent, and there is none',
    ],
    [{ ...account, scopes: ['two words'] }, 'servers.0.oauth.scopes.0: a scope has no spaces'],
    [{ ...account, scope: 'a' }, 'servers.0.oauth: Unrecognized key: "scope"'],
  ] as const)('%j is refused', ([oauth, problem]) => {
    expect(problems(oauth)).toContainEqual(expect.stringContaining(problem))
  })
  test('beside a bearer is refused', () => {
    expect(problems(account, { bearer: 'env:X' })).toEqual(['servers.0: either bearer or oauth: a request has one credential'])
  })
  test('for a program is refused', () => {
    expect(problemsOf(server({ command: ['x'], oauth: account }))[0]).toContain('Unrecognized key: "oauth"')
  })
})
