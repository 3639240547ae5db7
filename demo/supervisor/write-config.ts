import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { z } from 'zod'
import type { agentConfig, gatewayConfig } from '../../src-protocol/config.ts'
import type { DemoLayout } from './layout.ts'

const require = createRequire(import.meta.url)

export interface DemoAddresses {
  gatewayPort: number
  gatewayUrl: string
  issuer: string
}

/** A server that a benchmark or a test adds to the demo's agent. */
export type ExtraServer = z.input<typeof agentConfig>['servers'][number]

export interface ConfigChanges {
  /** files instead of the demo's own */
  policy?: string
  masking?: string
  limits?: z.input<typeof gatewayConfig>['limits']
  activation?: z.input<typeof gatewayConfig>['activation']
  extraServer?: ExtraServer | readonly ExtraServer[]
}

/** Writes gateway.yaml and agent.yaml; they are what an administrator would write, and hold no secret. */
export function writeConfigs(
  layout: DemoLayout,
  root: string,
  addresses: DemoAddresses,
  changes: ConfigChanges,
): { gateway: string; agent: string } {
  mkdirSync(layout.config, { recursive: true })
  const gateway: z.input<typeof gatewayConfig> = {
    listen: { host: '127.0.0.1', port: addresses.gatewayPort },
    publicUrl: addresses.gatewayUrl,
    data: layout.gateway,
    recordings: layout.recordings,
    log: { folder: layout.log, origin: 'gatehouse.demo/log' },
    identityProvider: { issuer: addresses.issuer, clientId: 'gatehouse-gateway', clientSecret: 'env:GATEHOUSE_DEMO_CLIENT_SECRET' },
    roles: { operator: ['operators'], reviewer: ['reviewers', 'dba'], auditor: ['audit'], administrator: ['gatehouse-admins'] },
    policy: changes.policy ?? join(root, 'demo', 'policy.yaml'),
    masking: changes.masking ?? join(root, 'demo', 'masking.yaml'),
    ...(changes.limits && { limits: changes.limits }),
    ...(changes.activation && { activation: changes.activation }),
  }
  const agent: z.input<typeof agentConfig> = {
    gateway: addresses.gatewayUrl,
    data: layout.agent,
    joinToken: 'env:GATEHOUSE_DEMO_JOIN_TOKEN',
    servers: [
      {
        name: 'customers',
        title: 'Customer database',
        description: 'SQLite by @bytebase/dbhub: customers, cards, accounts, payments',
        command: [process.execPath, programOf('@bytebase/dbhub'), '--transport', 'stdio'],
        env: { DSN: 'env:GATEHOUSE_DEMO_DSN' },
      },
      {
        name: 'scratch',
        title: 'Scratch folder',
        description: 'Files by @modelcontextprotocol/server-filesystem',
        command: [process.execPath, programOf('@modelcontextprotocol/server-filesystem'), layout.scratch],
      },
      ...[changes.extraServer ?? []].flat(),
    ],
  }
  const files = { gateway: join(layout.config, 'gateway.yaml'), agent: join(layout.config, 'agent.yaml') }
  writeFileSync(files.gateway, stringify(gateway))
  writeFileSync(files.agent, stringify(agent))
  return files
}

/** The file behind a package's one command. */
export function programOf(name: string): string {
  const manifest = require.resolve(`${name}/package.json`)
  const { bin } = require(manifest) as { bin: string | Record<string, string> }
  const program = typeof bin === 'string' ? bin : Object.values(bin)[0]
  if (program === undefined) throw new Error(`${name} has no command.`)
  return join(manifest, '..', program)
}
