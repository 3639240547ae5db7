/** What one decision and one masking cost, inside this process. P3 and P4. */
import { stringify } from 'yaml'
import { detectors, type DetectorName } from '../../src-core/masking/detectors.ts'
import { maskMessage } from '../../src-core/masking/mask-message.ts'
import { decideMessage } from '../../src-core/policy/decide-message.ts'
import type { MessageFacts } from '../../src-core/policy/decision.ts'
import { createSimulation } from '../../src-core/policy/simulate-policy.ts'
import { parseRecordLine } from '../../src-core/recording/record-lines.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import { denseResult, hostileParts, maskingWith, typicalResult } from '../masking-quality/speed-samples.ts'
import type { Figures } from './bars.ts'
import { median } from './statistics.ts'

const rounds = 3
const rulesInPolicy = 500
const person: MessageFacts['person'] = { sub: 'olivia', name: 'Olivia', groups: ['operators'], roles: ['operator'] }

export async function measureDecisions(): Promise<Figures> {
  const allSamples = { typical: typicalResult(100_000), dense: denseResult(100_000) }
  const everything = maskingWith(Object.keys(detectors))
  const masking = (text: string) =>
    overRounds(() => median(coreMilliseconds(() => maskMessage(everything, text, { connection: 'any' }), 60)))
  return {
    'p3-plain': await decisionFigure(
      ownRules(() => 'has(args.text) && args.text.startsWith("drop")'),
      { text: 'x'.repeat(200) },
    ),
    'p3-broad': await decisionFigure(sharedRules(), { text: 'x'.repeat(200) }),
    'p3-sql': await decisionFigure(
      ownRules((rule) => (rule % 2 ? 'sql(args.sql).kinds.exists(k, k == "ddl")' : 'sql(args.sql).tables.exists(t, t == "payroll")')),
      {
        sql: 'SELECT c.id, c.name, count(*) FROM customers c JOIN orders o ON o.customer = c.id WHERE c.country = 4711 GROUP BY c.id, c.name',
      },
    ),
    'p3-simulation': await simulationFigure(),
    'p4-typical': masking(allSamples.typical),
    'p4-dense': masking(allSamples.dense),
    'p4-hostile': { value: slowestDetector() },
  }
}

/** Ten rules for each of fifty connections. */
function ownRules(condition: (rule: number) => string): object[] {
  return Array.from({ length: rulesInPolicy }, (_, index) => ({
    id: `rule-${index}`,
    match: { connections: [`connection-${Math.floor(index / 10)}`], tools: ['query'] },
    ...(index % 10 === 9 ? { effect: 'allow' } : { when: condition(index), effect: 'deny' }),
    because: 'A rule of the benchmark.',
  }))
}

/** Every third rule is about the tool, whatever the connection: all their conditions are evaluated. */
function sharedRules(): object[] {
  return Array.from({ length: rulesInPolicy }, (_, index) => ({
    id: `rule-${index}`,
    match: { connections: ['*'], tools: [index % 3 ? `tool-${index}` : 'query'] },
    ...(index === 0 ? { effect: 'allow' } : { when: `has(args.text) && args.text == "forbidden ${index}"`, effect: 'deny' }),
    because: 'A rule of the benchmark.',
  }))
}

async function decisionFigure(rules: object[], args: MessageFacts['args']) {
  const loaded = await loadPolicy(stringify({ version: 1, rules }))
  if (!loaded.ok) throw new Error(`the policy of the benchmark is not valid: ${JSON.stringify(loaded.problems[0])}`)
  const facts: MessageFacts = { connection: 'connection-25', server: 'database', method: 'tools/call', tool: 'query', args, person }
  const { effect, because } = decideMessage(loaded.policy, facts)
  // a decision that ends at the first doubt would be a fast one
  if (effect !== 'allow') throw new Error(`the benchmark's call is not allowed: ${because}`)
  const decide = () => decideMessage(loaded.policy, facts)
  for (let warm = 0; warm < 3000; warm += 1) decide()
  return overRounds(() =>
    median(
      Array.from({ length: 2000 }, () => {
        const at = performance.now()
        decide()
        return (performance.now() - at) * 1000
      }),
    ),
  )
}

const [recordedSessions, callsInSession] = [1000, 100]

/** As the gateway does it, from the lines of the recordings: each is parsed, and each call is decided about anew. */
async function simulationFigure() {
  const conditions = ['k == "ddl"', 'k == "grant"', 'k == "delete"', 'k == "copy"']
  const rules = conditions.map((condition, index) => ({
    id: `rule-${index}`,
    match: { tools: ['execute_sql'] },
    when: `sql(args.sql).kinds.exists(k, ${condition})`,
    effect: 'review',
    review: { groups: ['dba'] },
    because: 'A rule of the benchmark.',
  }))
  const loaded = await loadPolicy(
    stringify({ version: 1, rules: [...rules, { id: 'rest', match: {}, effect: 'allow', because: 'A rule of the benchmark.' }] }),
  )
  if (!loaded.ok) throw new Error(`the policy of the benchmark is not valid: ${JSON.stringify(loaded.problems[0])}`)
  const decision = { effect: 'allow' as const, rule: 'then', policyVersion: 'p'.repeat(64), because: 'Then.' }
  const verbs = ['SELECT name FROM customers WHERE id =', 'UPDATE customers SET seen = 1 WHERE id =', 'DELETE FROM basket WHERE id =']
  const lines = [
    openRecordFixture(),
    ...Array.from({ length: callsInSession }, (_, index) => {
      const sql = `${verbs[index % verbs.length]} ${index}`
      const body = JSON.stringify({ jsonrpc: '2.0', id: index, method: 'tools/call', params: { name: 'execute_sql', arguments: { sql } } })
      return messageRecordFixture(2 * index + 1, { body, decision, tool: 'execute_sql' })
    }),
  ].map((record) => Buffer.from(JSON.stringify(record)))
  const simulation = createSimulation(loaded.policy)
  const [took = 0] = coreMilliseconds(() => {
    for (let session = 0; session < recordedSessions; session += 1) {
      const take = simulation.session()
      for (const line of lines) {
        const parsed = parseRecordLine(line)
        if (parsed.ok) take(parsed.record)
      }
    }
  }, 1)
  const { messages } = simulation.result()
  if (messages !== recordedSessions * callsInSession) throw new Error(`the simulation decided about ${messages} messages only`)
  return { value: took / 1000 }
}

function overRounds(measure: () => number) {
  const each = Array.from({ length: rounds }, measure)
  return { value: median(each), each }
}

/** Time of a core: what else the machine does, does not count. */
function coreMilliseconds(run: () => void, times: number): number[] {
  return Array.from({ length: times }, () => {
    const before = process.threadCpuUsage()
    run()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
}

function slowestDetector(): number {
  const names = Object.keys(detectors) as DetectorName[]
  const each = names.flatMap((name) =>
    hostileParts.map((part) => {
      const text = part.repeat(Math.ceil(1_000_000 / part.length)).slice(0, 1_000_000)
      return Math.min(...coreMilliseconds(() => detectors[name](text, () => {}), 2))
    }),
  )
  return Math.max(...each)
}
