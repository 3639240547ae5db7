import { AppError } from '../../src-protocol/app-error.ts'
import { systemClock } from '../../src-node/clock.ts'
import { gatewayApi } from '../../src-main/services/gateway-api.ts'
import { createIdentity } from '../../src-main/services/identity.ts'
import type { ExtraServer } from './write-config.ts'
import { openBrowserAs } from '../../test/integration/sign-in-by-fetch.ts'

const agentName = 'demo-agent'
const connections = [
  {
    name: 'customers-db',
    server: 'customers',
    title: 'Customers',
    description: 'Customer database of the demo: customers, cards, accounts, payments',
    groups: ['operators'],
    maxMinutes: 120,
    dialect: 'sqlite' as const,
  },
  {
    name: 'scratch-files',
    server: 'scratch',
    title: 'Scratch files',
    description: 'Notes and reports of the support team',
    groups: [],
    maxMinutes: 240,
  },
]

/** Does what an administrator does in the app: signs in as the demo's first administrator and uses the same API. */
export async function enrolDemo(gatewayUrl: string) {
  const identity = createIdentity({
    gatewayUrl,
    clock: systemClock,
    openBrowser: openBrowserAs({ username: 'admin' }),
  })
  await identity.signIn()
  const api = gatewayApi({ baseUrl: gatewayUrl, identity })
  const findAgent = async () => (await api.call('agents', {})).agents.find((agent) => agent.name === agentName)
  const enrolled = await findAgent()
  return {
    /** undefined: the agent is enrolled already and has its key */
    joinToken: enrolled ? undefined : (await api.call('createJoinToken', { name: agentName })).joinToken,
    agentIsOnline: async () => (await findAgent())?.online === true,
    async registerConnections(extra: readonly ExtraServer[] = []): Promise<void> {
      const agent = await findAgent()
      if (!agent) throw new AppError('AGENT_OFFLINE', { agent: agentName })
      const known = new Set((await api.call('connections', {})).connections.map((connection) => String(connection.name)))
      const wanted = [...connections, ...extra.map(({ name, title }) => ({ name, server: name, title, groups: [], maxMinutes: 240 }))]
      for (const connection of wanted.filter(({ name }) => !known.has(name)))
        await api.call('createConnection', { ...connection, agent: agent.id })
    },
    signOut: () => identity.signOut(),
  }
}
