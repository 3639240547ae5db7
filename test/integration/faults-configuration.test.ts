/** Configuration and policy with mistakes in them: refused with their place, in one line, and never half in force. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { gatehouse, killProgram, startProgram, type Program } from '../fixtures/program.ts'
import {
  clientSecret,
  exchange,
  maskingText,
  openEcho,
  policyText,
  prepareGateway,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  toolCall,
  until,
  type Folders,
  type SignedInPerson,
} from './gateway-harness.ts'
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts'

let folder: string
let program: Program | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse configuration '))
})
afterEach(async () => {
  await killProgram(program)
  program = undefined
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the program with this file, and returns its last words for people; log lines are JSON and are left out. */
async function refusal(kind: 'gateway' | 'agent', text: string | undefined): Promise<string[]> {
  const file = join(folder, `${kind}.yaml`)
  if (text !== undefined) writeFileSync(file, text)
  program = startProgram(gatehouse, [kind, '--config', file], { HOME: folder, CLIENT_SECRET: clientSecret })
  expect(await program.exited).toBe(2)
  expect(program.output).toEqual([])
  return program.errors.filter((line) => !line.startsWith('{'))
}

const gatewayFile = {
  listen: { host: '127.0.0.1', port: 0 },
  publicUrl: 'http://127.0.0.1:7420',
  data: 'data',
  recordings: 'recordings',
  log: { folder: 'log', origin: 'gatehouse.example/log' },
  identityProvider: { issuer: 'http://127.0.0.1:7430', clientId: 'gatehouse-gateway', clientSecret: 'env:CLIENT_SECRET' },
  roles: { administrator: ['gatehouse-admins'] },
  policy: 'policy.yaml',
  masking: 'masking.yaml',
}
const agentFile = {
  gateway: 'http://127.0.0.1:7420',
  data: 'agent',
  joinToken: 'env:JOIN',
  servers: [{ name: 'db', title: 'Database', command: ['node', 'server.js'] }],
}
const server = (more: object) => ({ ...agentFile, servers: [{ ...agentFile.servers[0], ...more }] })
const { masking: _unused, ...withoutMasking } = gatewayFile

describe('gatehouse gateway --config does not start with', () => {
  beforeEach(() => {
    writeFileSync(join(folder, 'policy.yaml'), policyText)
    writeFileSync(join(folder, 'masking.yaml'), maskingText)
  })

  test.for<[string, object | string, string, string[]]>([
    ['an unknown key', { ...gatewayFile, recording: 'x' }, 'CONFIG_INVALID', ['"recording"', 'recordings']],
    [
      'an unknown key further down',
      { ...gatewayFile, limits: { holdSecond: 5 } },
      'CONFIG_INVALID',
      ['limits: ', '"holdSecond"', 'holdSeconds'],
    ],
    ['a text where a number belongs', { ...gatewayFile, listen: { port: '7420' } }, 'CONFIG_INVALID', ['listen.port: ', 'expected number']],
    ['a port that is none', { ...gatewayFile, listen: { port: 70_000 } }, 'CONFIG_INVALID', ['listen.port: ', '65535']],
    ['a key that is missing', withoutMasking, 'CONFIG_INVALID', ['masking: ', 'expected string']],
    ['nobody who administrates', { ...gatewayFile, roles: { administrator: [] } }, 'CONFIG_INVALID', ['roles.administrator: ', '>=1']],
    ['an address that is none', { ...gatewayFile, publicUrl: 'gate.example' }, 'CONFIG_INVALID', ['publicUrl: ', 'URL']],
    ['plain http for others than this computer', { ...gatewayFile, publicUrl: 'http://gate.example' }, 'CONFIG_INVALID', ['https']],
    [
      'an origin that no log can have',
      { ...gatewayFile, log: { folder: 'log', origin: 'a b' } },
      'CONFIG_INVALID',
      ['log.origin: no spaces'],
    ],
    ['several mistakes, all of them told', { ...gatewayFile, data: 1, policy: 2 }, 'CONFIG_INVALID', ['data: ', 'policy: ']],
    ['a key twice', 'data: a\ndata: b\n', 'CONFIG_INVALID', ['unique']],
    ['something that is not YAML', 'data: [', 'CONFIG_INVALID', ['line 1']],
    ['an empty file', '', 'CONFIG_INVALID', ['the file: ', 'expected object']],
    [
      'a secret that is not set',
      { ...gatewayFile, identityProvider: { ...gatewayFile.identityProvider, clientSecret: 'env:NOWHERE' } },
      'SECRET_UNAVAILABLE',
      ['identityProvider.clientSecret', 'env:NOWHERE is not set'],
    ],
    [
      'a second copy inside of what it copies',
      { ...gatewayFile, archive: { copy: { folder: `${gatewayFile.data}/copy` } } },
      'CONFIG_INVALID',
      ['archive.copy.folder: it must lie apart'],
    ],
    ['a policy file that is not there', { ...gatewayFile, policy: 'nowhere.yaml' }, 'CONFIG_UNREADABLE', ['nowhere.yaml', 'ENOENT']],
  ])('%s', async ([, file, code, words]) => {
    const said = await refusal('gateway', typeof file === 'string' ? file : JSON.stringify(file))
    expect(said).toEqual([expect.stringMatching(new RegExp(`^${code}: .+ — .+`))])
    for (const word of words) expect(said[0]).toContain(word)
  })

  test('a secret in the place of its reference, and does not repeat it', async () => {
    const identityProvider = { ...gatewayFile.identityProvider, clientSecret: 'hunter2' }
    const said = await refusal('gateway', JSON.stringify({ ...gatewayFile, identityProvider }))
    expect(said[0]).toContain('identityProvider.clientSecret: a reference such as env:NAME')
    expect(program?.errors.join('\n')).not.toContain('hunter2')
  })

  test('a file that is not there', async () => {
    expect(await refusal('gateway', undefined)).toEqual([
      expect.stringMatching(/^CONFIG_UNREADABLE: .+gateway\.yaml.+ENOENT.+ — Check the path/),
    ])
  })

  test.for([
    [
      'policy',
      'POLICY_INVALID',
      'version: 1\nrules:\n  - { id: x, match: {}, effect: allow, because: A test., when: \'"true"\' }\n',
      'rules.0.when',
    ],
    ['masking', 'MASKING_INVALID', 'version: 1\nrules:\n  - { id: x, detect: [shoe-size], because: A test. }\n', 'rules.0.detect'],
  ] as const)('a %s with an error, when there is no version in force', async ([kind, code, text, place]) => {
    writeFileSync(join(folder, `${kind}.yaml`), text)
    const said = await refusal('gateway', JSON.stringify(gatewayFile))
    expect(said).toEqual([expect.stringMatching(new RegExp(`^${code}: .+ — Correct the named place`))])
    expect(said[0]).toContain(place)
  })

  test('a port that another program has', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const said = await refusal('gateway', JSON.stringify({ ...gatewayFile, listen: { port } }))
    expect(said).toEqual([`PORT_TAKEN: Port ${port} is taken. — Stop the program that uses it, or configure another port.`])
    await new Promise((resolve) => other.close(resolve))
  })

  test.for([
    ['data', 'CONFIG_INVALID'],
    ['recordings', 'RECORDING_UNAVAILABLE'],
    ['log', 'LOG_UNAVAILABLE'],
  ] as const)('a %s folder that cannot be made', async ([name, code]) => {
    writeFileSync(join(folder, name), 'a file')
    expect(await refusal('gateway', JSON.stringify(gatewayFile))).toEqual([expect.stringMatching(new RegExp(`^${code}: .+ — .+`))])
  })
})

describe('gatehouse agent --config does not start with', () => {
  test.for<[string, object | string, string, string[]]>([
    ['an unknown key', { ...agentFile, gatway: 'x' }, 'CONFIG_INVALID', ['"gatway"', 'gateway']],
    ['an unknown key of a server', server({ comand: ['x'] }), 'CONFIG_INVALID', ['servers.0: ', '"comand"', 'command']],
    ['a command that is no list', server({ command: 'node server.js' }), 'CONFIG_INVALID', ['servers.0.command: ', 'expected array']],
    ['a variable that is no text', server({ env: { PORT: 5432 } }), 'CONFIG_INVALID', ['servers.0.env.PORT: ', 'expected string']],
    ['a name that is none', server({ name: 'My DB' }), 'CONFIG_INVALID', ['servers.0.name: ']],
    [
      'the same name twice',
      { ...agentFile, servers: [...agentFile.servers, ...agentFile.servers] },
      'CONFIG_INVALID',
      ['the name db is used twice'],
    ],
    ['no servers', { ...agentFile, servers: [] }, 'CONFIG_INVALID', ['servers: ', '>=1']],
    ['a gateway that is no address', { ...agentFile, gateway: 'gate.example' }, 'CONFIG_INVALID', ['gateway: ', 'URL']],
    ['a join token that is not set', agentFile, 'SECRET_UNAVAILABLE', ['joinToken', 'env:JOIN is not set']],
    ['something that is not YAML', 'servers: {', 'CONFIG_INVALID', ['line 1']],
  ])('%s', async ([, file, code, words]) => {
    const said = await refusal('agent', typeof file === 'string' ? file : JSON.stringify(file))
    expect(said).toEqual([expect.stringMatching(new RegExp(`^${code}: .+ — .+`))])
    for (const word of words) expect(said[0]).toContain(word)
  })

  test('a join token in the place of its reference, and does not repeat it', async () => {
    const said = await refusal('agent', JSON.stringify({ ...agentFile, joinToken: 'join_hunter2' }))
    expect(said[0]).toContain('joinToken: a reference such as env:NAME')
    expect(program?.errors.join('\n')).not.toContain('hunter2')
  })

  test('a data folder that cannot be made', async () => {
    writeFileSync(join(folder, 'agent'), 'a file')
    const said = await refusal('agent', JSON.stringify(agentFile))
    expect(said).toEqual([expect.stringMatching(/^CONFIG_INVALID: .+ data: .+agent cannot be used as a folder \(EEXIST\)\. — /)])
  })
})

test('gatehouse agent that waits for a gateway that is not up yet ends at once when it is stopped', async () => {
  const file = join(folder, 'agent.yaml')
  writeFileSync(file, JSON.stringify({ ...agentFile, gateway: 'http://127.0.0.1:1' }))
  program = startProgram(gatehouse, ['agent', '--config', file], { HOME: folder, JOIN: 'join_x' })
  const waiting = () => program?.errors.filter((line) => line.includes('the gateway cannot be reached yet')).length ?? 0
  // by the fourth attempt it pauses for seconds
  await until(() => waiting() >= 4, 'it has tried a few times')
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
})

describe('a policy file that gets an error while the gateway runs', () => {
  let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
  let folders: Folders
  let gateway: GatewayProcess
  let admin: SignedInPerson
  let operator: SignedInPerson

  beforeAll(async () => {
    provider = await startIdentityProviderProcess()
    folders = await prepareGateway(provider.issuer)
    gateway = await startGatewayProcess(folders.config)
    admin = await signInAs(folders.url, 'admin')
    operator = await signInAs(folders.url, 'operator')
    await registerEcho(folders.url, admin)
  })
  afterAll(async () => {
    for (const person of [admin, operator]) person.leave()
    await gateway.kill('SIGTERM')
    await provider.stop()
    rmSync(folders.root, { recursive: true, force: true })
  })

  const inForce = async () => (await admin.api.call('policies')).versions.find(({ kind, active }) => kind === 'policy' && active)

  test.for([
    ['of type', policyText.replace('args.text == "forbidden"', `'"forbidden"'`), 'rules.1.when', 'neither true nor false'],
    ['of reference', policyText.replace('args.text', 'argz.text'), 'rules.1.when', 'argz is not known'],
    ['of syntax', policyText.replace('effect: deny', 'effect: deny: really'), '', ''],
    ['of spelling', policyText.replace('because: This', 'becuase: This'), 'rules.1', 'becuase'],
    ['of truncation', '', '', ''],
  ] as const)('%s leaves the version in force, and its place is logged', async ([, text, place, problem]) => {
    const before = await inForce()
    const logged = gateway.lines.length
    writeFileSync(folders.policy, text)
    // the gateway may look while the file is being written, and complain of that first
    const told = (line: string) => ['the version in force stays', place, problem].every((part) => line.includes(part))
    await until(() => gateway.lines.slice(logged).some(told), `the problem is logged with its place: ${place} ${problem}`)
    expect(await inForce()).toEqual(before)

    // both of the old rules still rule
    const session = await openEcho(operator)
    const allowed = await exchange(operator, session.id, toolCall('echo', { text: 'fine' })).done
    expect(rpcOf(allowed).result?.content[0]?.text).toContain('fine')
    const denied = await exchange(operator, session.id, toolCall('echo', { text: 'forbidden' })).done
    expect(rpcOf(denied).result).toMatchObject({
      isError: true,
      _meta: { 'gatehouse/code': 'POLICY_DENIED', 'gatehouse/rule': 'secrets-denied' },
    })
    await operator.api.call('endSession', { id: session.id })
  })

  test('leaves it in force over a restart too', async () => {
    const before = await inForce()
    writeFileSync(folders.policy, policyText.replace('args.text == "forbidden"', `'"forbidden"'`))
    await gateway.kill('SIGTERM')
    gateway = await startGatewayProcess(folders.config)
    expect(gateway.lines.join('\n')).toContain('the version in force stays')
    await until(() => admin.tunnel.state === 'open', 'the desktop has reconnected')
    expect(await inForce()).toEqual(before)
  })
})
