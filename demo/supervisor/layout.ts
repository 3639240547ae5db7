import { join } from 'node:path'

/** Where the demo keeps what. Recordings and log lie apart from the gateway's state; the agent's folder is the agent's alone. */
export function demoLayout(data: string) {
  return {
    data,
    running: join(data, 'running.json'),
    logs: join(data, 'logs'),
    config: join(data, 'config'),
    identityProvider: join(data, 'identity-provider'),
    gateway: join(data, 'gateway'),
    recordings: join(data, 'recordings'),
    log: join(data, 'log'),
    agent: join(data, 'agent'),
    /** the database's path is its credential; the word in it is searched for in everything that others can see */
    database: join(data, 'agent', `credential-${dsnCanary}`, 'customers.db'),
    scratch: join(data, 'scratch'),
    profiles: join(data, 'profiles'),
    profile: (name: string) => join(data, 'profiles', name),
  }
}
export type DemoLayout = ReturnType<typeof demoLayout>

export const dsnCanary = 'quetzalcoatl-4711'
