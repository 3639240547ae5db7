import type { AgentId, ConnectionName } from '../../src-protocol/ids.ts'
import type { Agent, Connection } from '../../src-protocol/model.ts'
import type { DocumentProblem, PolicyVersion } from '../../src-protocol/policy-version.ts'
import { ago, days, fakeHex, hours, minutes, type FakeSetting } from './fake-scenario.ts'
import { maskingInForce, policyInForce } from './fake-sessions.ts'

const agentIds = ['agt_dc1Orders0000001', 'agt_dc2Files00000002', 'agt_edgeCrm000000003'] as const

export function fakeAgents({ scenario, now }: FakeSetting): Agent[] {
  if (scenario === 'empty') return []
  const agents: Agent[] = [
    {
      id: agentIds[0] as AgentId,
      name: 'dc1-agent-1',
      online: true,
      version: '0.1.0',
      enrolledAt: ago(now, days(41)),
      lastSeenAt: ago(now, 4),
      servers: [
        { name: 'orders', title: 'Orders database', description: 'PostgreSQL, production', transport: 'stdio' },
        { name: 'warehouse', title: 'Warehouse', description: 'PostgreSQL, read replica', transport: 'stdio' },
      ],
    },
    {
      id: agentIds[1] as AgentId,
      name: 'dc2-agent-1',
      online: true,
      version: '0.1.0',
      enrolledAt: ago(now, days(19)),
      lastSeenAt: ago(now, 11),
      servers: [
        { name: 'files', title: 'Billing files', description: 'Files under /srv/billing', transport: 'stdio' },
        { name: 'github', title: 'GitHub, internal', transport: 'http' },
      ],
    },
    {
      id: agentIds[2] as AgentId,
      name: 'edge-crm',
      online: false,
      version: '0.1.0',
      enrolledAt: ago(now, days(6)),
      lastSeenAt: ago(now, hours(3)),
      servers: [{ name: 'crm', title: 'CRM', description: 'Customers and cases', transport: 'http' }],
      ...(scenario === 'alarm' && { altered: true as const }),
    },
  ]
  return scenario === 'too-much'
    ? [
        ...agents,
        ...Array.from({ length: 60 }, (_, index) => ({
          ...agents[index % 3]!,
          id: `agt_${fakeHex(`agent ${index}`, 16)}` as AgentId,
          name: `branch-office-${index + 1}-agent-with-a-rather-long-name`,
        })),
      ]
    : agents
}

export function fakeConnections({ scenario, now }: FakeSetting): Connection[] {
  if (scenario === 'empty') return []
  const connection = (
    name: string,
    title: string,
    description: string,
    agent: 0 | 1 | 2,
    server: string,
    groups: string[],
    maxMinutes: number,
  ): Connection => ({
    name: name as ConnectionName,
    title,
    description,
    agent: { id: agentIds[agent] as AgentId, name: ['dc1-agent-1', 'dc2-agent-1', 'edge-crm'][agent] ?? '', online: agent !== 2 },
    server,
    groups,
    maxMinutes,
    createdAt: ago(now, days(30)),
  })
  const connections = [
    connection('billing-files', 'Billing files', 'Files under /srv/billing', 1, 'files', ['billing'], 120),
    connection('crm-prod', 'CRM, production', 'Customers and cases', 2, 'crm', ['crm-support'], 30),
    connection('github-internal', 'GitHub, internal', 'Issues and pull requests', 1, 'github', ['engineering'], 480),
    connection('orders-db', 'Orders database', 'PostgreSQL, production', 0, 'orders', ['data-oncall'], 60),
    {
      ...connection('warehouse', 'Warehouse', 'PostgreSQL, read replica', 0, 'warehouse', [], 240),
      ...(scenario === 'alarm' && { altered: true as const }),
    },
  ]
  return scenario === 'too-much'
    ? [
        ...connections,
        ...Array.from({ length: 120 }, (_, index) =>
          connection(
            `branch-${String(index + 1).padStart(3, '0')}-inventory-management-system`,
            `Inventory of branch ${index + 1}, which has a title that is longer than the column it has to fit into`,
            'SQLite',
            1,
            'files',
            ['billing', 'engineering', 'data-oncall', 'crm-support', 'operations-emea-north'],
            60,
          ),
        ),
      ]
    : connections
}

const policyText = `version: 1
name: Production policy
rules:
  - id: schema-change
    owner: dba
    match: { connections: ["prod-*", "orders-db"], tools: [execute_sql, query] }
    when: sql(args.sql).kinds.exists(k, k in ["ddl", "grant"])
    effect: review
    review: { groups: [dba], approvals: 1, decideWithin: 15m, runWithin: 5m }
    because: Schema changes in production need a DBA.

  - id: delete-needs-where
    owner: dba
    match: { connections: ["orders-db"], tools: [execute_sql] }
    when: sql(args.sql).kinds.exists(k, k == "delete") && !sql(args.sql).hasWhere
    effect: deny
    because: A DELETE in production needs a WHERE.

  - id: file-write-outside-workdir
    owner: billing
    match: { connections: ["billing-files"], tools: [write_file, edit_file, move_file] }
    when: "!args.path.startsWith('/srv/billing/outbox/')"
    effect: review
    review: { groups: [dba], decideWithin: 15m, runWithin: 5m }
    because: Files outside the work folder are written with a second pair of eyes.

  - id: read-orders
    owner: data-platform
    match: { connections: ["orders-db"], tools: [execute_sql, search_objects] }
    effect: allow
    because: On-call may read the orders database.
`

const maskingText = `version: 1
name: Production masking
rules:
  - id: detect-card
    owner: security
    detect: [card]
    because: Card numbers never leave in clear text.

  - id: detect-email
    owner: security
    detect: [email]
    because: E-mail addresses are personal data.

  - id: pii-named-fields
    owner: data-protection
    match: { connections: ["orders-db", "crm-prod"] }
    fields: [customer_email, card_last, full_name, iban]
    because: These columns hold personal data.
`

export function fakePolicies({ scenario, now }: FakeSetting): PolicyVersion[] {
  if (scenario === 'empty') return []
  const older = policyText.replace(/\n {2}- id: delete-needs-where[\s\S]*?WHERE\.\n/, '')
  const versions: PolicyVersion[] = [
    { version: policyInForce, kind: 'policy', text: policyText, author: 'Priya Raman', at: ago(now, days(3)), active: true },
    { version: fakeHex('older policy'), kind: 'policy', text: older, author: 'Priya Raman', at: ago(now, days(12)), active: false },
    {
      version: fakeHex('first policy'),
      kind: 'policy',
      text: older.replace('15m', '30m'),
      author: 'Sofia Lund',
      at: ago(now, days(30)),
      active: false,
    },
    { version: maskingInForce, kind: 'masking', text: maskingText, author: 'Priya Raman', at: ago(now, days(19)), active: true },
    {
      version: fakeHex('older masking'),
      kind: 'masking',
      text: maskingText.replace(', iban', ''),
      author: 'Karl Voss',
      at: ago(now, days(40)),
      active: false,
    },
  ]
  return scenario === 'too-much'
    ? [
        ...versions,
        ...Array.from({ length: 80 }, (_, index): PolicyVersion => ({
          ...versions[1]!,
          version: fakeHex(`policy ${index}`),
          text: `${policyText}\n# ${index}`,
          at: ago(now, days(31 + index) + minutes(index)),
        })),
      ]
    : versions
}

const knownKeys = new Set('owner match when effect mask review because detect fields pattern words action exempt id'.split(' '))

/** A stand-in for the gateway's check: it knows tabs, unknown keys of a rule, a review without terms, and a rule `never` that is idle. */
export function fakeCheck(text: string): DocumentProblem[] {
  const problems: DocumentProblem[] = []
  const lines = text.split('\n')
  lines.forEach((line, index) => {
    if (line.includes('\t')) problems.push({ path: '', message: 'YAML does not admit tabs for indentation', line: index + 1 })
    const key = /^ {4}([a-zA-Z]+):/.exec(line)?.[1]
    if (key !== undefined && !knownKeys.has(key)) {
      problems.push({ path: `rules/${key}`, message: `The key ${key} is not known`, line: index + 1 })
    }
    if (/effect: review\s*$/.test(line) && !lines.slice(index + 1, index + 3).some((next) => next.includes('review:'))) {
      problems.push({
        path: 'rules/review',
        message: 'a rule with effect review needs review terms, and no other rule has them',
        line: index + 1,
      })
    }
  })
  const idle = lines.findIndex((line) => line.includes('- id: never'))
  if (idle >= 0) {
    problems.push({
      path: 'rules',
      message: 'the rule never never decides: deny-all always goes before it',
      line: idle + 1,
      severity: 'warning',
    })
  }
  if (text.trim() === '') problems.push({ path: '', message: 'The document is empty' })
  return problems
}
