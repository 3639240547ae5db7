import { createHash, randomUUID } from 'node:crypto'
import { decideMessage } from '../../src-core/policy/decide-message.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import { concluded, counted, entryAt, type ControlTest } from './control-test.ts'

/** Who may do what: tried on the policy in force, the sessions that run, and what the log says was approved. */
export const testOfRules = {
  async 'CC6.1'({ inForce, connections }) {
    const { policy } = inForce()
    const seen: string[] = []
    const failures: string[] = []
    const known = (await connections()).map(({ name, server, dialect }) => ({ name: name as string, server, dialect }))
    for (const { name, server, dialect } of [...known, { name: 'no-such-connection', server: 'none', dialect: undefined }]) {
      const tool = `unlisted-${randomUUID()}`
      const decision = decideMessage(policy, {
        connection: name,
        server,
        method: 'tools/call',
        tool,
        args: {},
        person: { sub: 'control-test', name: 'Control test', groups: [], roles: ['operator'] },
        ...(dialect !== undefined && { dialect }),
      })
      const what = `A call of a tool that no rule names, on ${name}`
      if (decision.effect !== 'deny') {
        failures.push(`${what}, would be answered with ${decision.effect} by the rule ${decision.rule ?? 'none'}.`)
      } else seen.push(`${what}, is denied: ${decision.because}`)
    }
    return concluded(seen, failures)
  },

  async 'CC6.2'({ liveSessions, personNow, connections }) {
    const byName = new Map((await connections()).map((connection) => [connection.name, connection]))
    const failures: string[] = []
    const running = liveSessions()
    for (const { id, person, connection } of running) {
      const now = personNow(person.sub)
      const place = byName.get(connection)
      if (!now?.roles.includes('operator') || !place || !mayUseConnection(now, place)) {
        failures.push(`Session ${id} of ${person.name} runs on ${connection}, which they may not use any more.`)
      }
    }
    return concluded(
      [`${counted(running.length, 'session')} running: whether each person may still use the connection was looked up now.`],
      failures,
    )
  },

  async 'CC6.3'({ fact }) {
    const { votes, requests, doubts } = await fact('votes')
    return concluded(
      [`${counted(votes, 'vote')} about ${counted(requests, 'request')} were read from the log.`],
      doubts.map(({ entry, what }) => `Entry ${entry}: ${what}`),
    )
  },

  async 'CC8.1'({ log, fact, inForce, storedText }) {
    const logged = new Map<string, { version: string; index: number; by: string }>()
    for (const { entry: index } of await fact('documents')) {
      const entry = await entryAt({ log }, index)
      if (entry.kind !== 'policy.version') continue
      const by = entry.approvedBy === undefined ? entry.author : `${entry.author}, approved by ${entry.approvedBy}`
      logged.set(entry.document, { version: entry.version, index, by })
    }
    const { policy, masking } = inForce()
    const seen: string[] = []
    const failures: string[] = []
    for (const [kind, { version }] of [
      ['policy', policy],
      ['masking', masking],
    ] as const) {
      const approved = logged.get(kind)
      const text = await storedText(kind)
      const hash = text === undefined ? undefined : createHash('sha256').update(text, 'utf8').digest('hex')
      if (approved?.version !== version) failures.push(`What rules as ${kind} is ${version}, and not what the log says was put in force.`)
      else if (hash !== version) failures.push(`The stored text of the ${kind} does not hash to the version that rules.`)
      else
        seen.push(
          `The ${kind} that rules is ${version.slice(0, 12)}…, as entry ${approved.index} says (${approved.by}), and its text hashes to it.`,
        )
    }
    return concluded(seen, failures)
  },
} satisfies Record<string, ControlTest>
