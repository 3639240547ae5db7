import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { startGateway, type RunningGateway } from '../../src-gateway/main.ts'
import { timestampOf } from '../../src-node/clock.ts'
import { readConfigFile } from '../../src-node/config-file.ts'
import type { AccessAsk, AccessGrant, AccessRequest, AccessRule, AccessTerms } from '../../src-protocol/access.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'
import { voteText } from '../../src-protocol/vote-text.ts'
import { connectionName, type ConnectionName, type SessionId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Session } from '../../src-protocol/model.ts'
import { connectScriptedAgent, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import { createMovableTime, type MovableTime } from '../fixtures/movable-time.ts'
import { readLogEntries } from '../fixtures/read-log-entries.ts'
import {
  clientSecret,
  prepareGateway,
  registerEcho,
  signInAs,
  startIdentityProviderProcess,
  until,
  type Folders,
  type SignedInPerson,
} from './gateway-harness.ts'

const accounts = {
  admin: { user: 'admin', name: 'Priya Raman', email: 'priya.raman@example.com', groups: ['gatehouse-admins'] },
  mira: { user: 'mira', name: 'Mira Okafor', email: 'mira.okafor@example.com', groups: ['operators', 'data-oncall'] },
  tomas: { user: 'tomas', name: 'Tomas Rehák', email: 'tomas.rehak@example.com', groups: ['operators', 'billing'] },
  jonas: { user: 'jonas', name: 'Jonas Lindqvist', email: 'jonas.lindqvist@example.com', groups: ['reviewers', 'dba'] },
  /** another account of `both` */
  second: { user: 'second', name: 'Bo Thorsen', email: 'Bo.Thorsen@example.com', groups: ['reviewers', 'dba'] },
  /** operator and reviewer at once: in the group of both */
  both: { user: 'both', name: 'Bo Thorsen', email: 'bo.thorsen@example.com', groups: ['operators', 'data-oncall', 'reviewers', 'dba'] },
  sana: { user: 'sana', name: 'Sana Idris', email: 'sana.idris@example.com', groups: ['reviewers', 'security'] },
  helene: { user: 'helene', name: 'Helene Brandt', email: 'helene.brandt@example.com', groups: ['audit'] },
}
export type AccountName = keyof typeof accounts

export interface AccessWorld {
  readonly url: string
  /** of the gateway's folders */
  readonly root: string
  readonly time: MovableTime
  readonly agent: ScriptedAgent
  /** signed in, once for each test file */
  as(name: AccountName): Promise<SignedInPerson>
  /** a connection of its own, open to `operators` */
  connection(name: string): Promise<ConnectionName>
  /** a rule on it: for data-oncall, an hour, a reviewer of dba, a reason; changed by `terms` */
  rule(connection: ConnectionName, terms?: Partial<AccessTerms>): Promise<AccessRule>
  /** from now on the identity provider says that this person has these groups, and the gateway has heard of it */
  changeGroups(name: AccountName, groups: string[]): Promise<void>
  /** `sessions`: whose servers the agent says still run */
  restart(options?: { whileStopped?: () => void | Promise<void>; sessions?: SessionId[] }): Promise<void>
  entries(): Promise<LogEntry[]>
  /** what the gateway wrote for those who run it, from warnings on */
  logged(): string
}

/** A gateway whose time can be set ahead, an identity provider whose people can be changed, an agent. */
export function useAccessWorld(): AccessWorld {
  const time = createMovableTime()
  const people = new Map<string, SignedInPerson>()
  const lines: string[] = []
  const groups = new Map<string, string[]>()
  let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>> | undefined
  let providerFolder: string
  let folders: Folders
  let running: RunningGateway
  let agent: ScriptedAgent
  let identity: AgentIdentity

  async function startProvider(): Promise<void> {
    const config = join(providerFolder, 'provider.yaml')
    const port = provider === undefined ? 0 : Number(new URL(provider.issuer).port)
    const known = Object.values(accounts).map((account) => ({ ...account, groups: groups.get(account.user) ?? account.groups }))
    const gatewayRedirect = 'http://127.0.0.1/sign-in/callback'
    await writeFile(
      config,
      JSON.stringify({ port, gatewayRedirect, clientSecret: 'env:DEMO_CLIENT_SECRET', data: providerFolder, accounts: known }),
    )
    provider = await startIdentityProviderProcess({ config })
  }
  const start = () =>
    startGateway({
      config: readConfigFile(folders.config, gatewayConfig),
      folder: folders.root,
      env: { CLIENT_SECRET: clientSecret },
      log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
      ...time,
    })

  async function as(name: AccountName): Promise<SignedInPerson> {
    const known = people.get(name)
    if (known) return known
    const person = await signInAs(folders.url, name, time.clock)
    people.set(name, person)
    return person
  }

  beforeAll(async () => {
    providerFolder = await mkdtemp(join(tmpdir(), 'gatehouse-provider-'))
    await startProvider()
    folders = await prepareGateway(provider?.issuer ?? '', { graceSeconds: 30 })
    running = await start()
    ;({ agent, identity } = await registerEcho(folders.url, await as('admin')))
  })
  afterAll(async () => {
    for (const person of people.values()) person.leave()
    await running.close()
    await provider?.stop()
    for (const folder of [folders.root, providerFolder]) await rm(folder, { recursive: true, force: true })
  })

  return {
    time,
    get url() {
      return folders.url
    },
    get root() {
      return folders.root
    },
    get agent() {
      return agent
    },
    as,
    async connection(name) {
      const { api } = await as('admin')
      const declared = { agent: identity.id, server: 'echo', groups: ['operators'], maxMinutes: 240 }
      return (await api.call('createConnection', { name: connectionName.parse(name), title: name, ...declared })).name
    },
    async rule(connection, terms = {}) {
      const { api } = await as('admin')
      return api.call('createAccessRule', termsOf(connection, terms))
    },
    async changeGroups(name, changed) {
      groups.set(name, changed)
      await provider?.stop()
      await startProvider()
      await (await as(name)).identity.recheck()
    },
    async restart({ whileStopped = () => {}, sessions = [] } = {}) {
      await running.close()
      await whileStopped()
      running = await start()
      agent = await connectScriptedAgent(folders.url, identity, undefined, sessions)
      for (const person of people.values()) await until(() => person.tunnel.state === 'open', 'the desktops are back')
    },
    entries: () => readLogEntries(join(folders.root, 'log')),
    logged: () => lines.join(''),
  }
}

export const termsOf = (connection: ConnectionName, terms: Partial<AccessTerms> = {}): AccessTerms => ({
  connection,
  title: 'On call',
  groups: ['data-oncall'],
  maxMinutes: 60,
  approvers: ['dba'],
  reasonRequired: true,
  ticketRequired: false,
  ...terms,
})

const reason = 'INC-4127: refunds are stuck'

export const askFor = (person: SignedInPerson, rule: AccessRule, more: Partial<AccessAsk> = {}): Promise<AccessRequest> =>
  person.api.call('askForAccess', { rule: rule.id, minutes: 30, reason, ...more })

/** Signs and sends a decision as the desktop does. */
export async function decideAccess(
  reviewer: SignedInPerson,
  request: AccessRequest,
  decision: 'approve' | 'deny',
  change: { digest?: string; signedBy?: SignedInPerson } = {},
): Promise<AccessRequest> {
  const { person } = await reviewer.api.call('me')
  const at = timestampOf(reviewer.clock.now())
  const { digest } = { digest: request.digest, ...change }
  const because = 'agreed in the incident channel'
  const reasonSha256 = createHash('sha256').update(because).digest('hex')
  const text = voteText({ approval: request.id, digest, decision, reasonSha256, sub: person.sub, at })
  const { signature, key } = await (change.signedBy ?? reviewer).identity.sign(text)
  return reviewer.api.call('decideAccess', { id: request.id, decision, reason: because, digest, at, signature, key: { ...key } })
}

/** Asked for and approved. */
export async function grantAccess(person: SignedInPerson, reviewer: SignedInPerson, rule: AccessRule, minutes = 30): Promise<AccessGrant> {
  const request = await askFor(person, rule, { minutes })
  const granted = await decideAccess(reviewer, request, 'approve')
  const { grants } = await person.api.call('access')
  const grant = grants.find(({ id }) => id === granted.grant)
  if (!grant) throw new Error(`the request was not granted: ${granted.state}`)
  return grant
}

export const openOn = (person: SignedInPerson, connection: ConnectionName, minutes = 60): Promise<Session> =>
  person.api.call('openSession', { connection, reason, minutes })
