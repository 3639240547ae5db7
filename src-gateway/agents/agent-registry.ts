import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import { newAgentId, randomText } from '../../src-node/random-id.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { AgentId } from '../../src-protocol/ids.ts'
import { agent as agentSchema, type Agent, type DeclaredServer, type Person } from '../../src-protocol/model.ts'
import { agentRowHash, type LoggedRows } from '../state/logged-rows.ts'
import type { AgentRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'

const joinTokenHours = 1

export interface AgentRegistry {
  list(): Promise<Agent[]>
  find(id: string): Promise<Agent | undefined>
  /** none if the agent, or its key, is not the one that the log says was enrolled */
  publicKey(id: string): Promise<JWK | undefined>
  createJoinToken(name: string, by: Person): Promise<{ joinToken: string; expiresAt: string }>
  /** @throws AppError JOIN_TOKEN_INVALID, INVALID_REQUEST */
  enrol(joinToken: string, publicKey: Record<string, unknown>): Promise<{ agent: AgentId; name: string }>
  remove(id: string, by: Person): Promise<void>
  /** what the agent said when it connected */
  greeted(id: string, hello: { version: string; servers: DeclaredServer[] }): Promise<void>
  seen(id: string): Promise<void>
}

export interface AgentRegistryPorts {
  database: StateDatabase
  log: TransparencyLog
  rows: LoggedRows
  logger: Logger
  clock: Clock
  isOnline: (id: string) => boolean
}

export function createAgentRegistry({ database, log, rows, logger, clock, isOnline }: AgentRegistryPorts): AgentRegistry {
  const now = () => timestampOf(clock.now())
  const toAgent = (row: AgentRow): Agent =>
    agentSchema.parse({
      id: row.id,
      name: row.name,
      online: isOnline(row.id),
      version: row.version ?? undefined,
      enrolledAt: row.enrolled_at,
      lastSeenAt: row.last_seen_at ?? undefined,
      servers: JSON.parse(row.servers),
      ...(!rows.fits('agent', row.id, agentRowHash(row)) && { altered: true as const }),
    })
  const rowOf = (id: string) => database.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst()

  return {
    async list() {
      const all = await database.selectFrom('agents').selectAll().orderBy('name').execute()
      return all.map(toAgent)
    },

    async find(id) {
      const row = await rowOf(id)
      return row && toAgent(row)
    },

    async publicKey(id) {
      const row = await rowOf(id)
      if (!row) return undefined
      if (rows.fits('agent', row.id, agentRowHash(row))) return JSON.parse(row.public_key) as JWK
      logger.error({ agent: id, alarm: 'agent-altered' }, 'an agent in the database is another one in the log: it may not connect')
      return undefined
    },

    async createJoinToken(name, by) {
      await assertNameFree(database, name)
      const joinToken = `join_${randomText(40)}`
      const expiresAt = timestampOf(new Date(clock.now().getTime() + joinTokenHours * 3_600_000))
      await log.append({ kind: 'admin', act: 'agent.join-token', by: by.sub, subject: name })
      await database
        .insertInto('join_tokens')
        .values({ hash: hashOf(joinToken), name, created_by: by.sub, expires_at: expiresAt, used_at: null })
        .execute()
      return { joinToken, expiresAt }
    },

    async enrol(joinToken, publicKey) {
      const key = await checkedPublicKey(publicKey)
      // one statement takes the token: of two agents that use it at once, one gets nothing
      const taken = await database
        .updateTable('join_tokens')
        .set({ used_at: now() })
        .where('hash', '=', hashOf(joinToken))
        .where('used_at', 'is', null)
        .where('expires_at', '>', now())
        .returning('name')
        .executeTakeFirst()
      if (!taken) throw new AppError('JOIN_TOKEN_INVALID')
      await assertNameFree(database, taken.name)
      const id = newAgentId()
      const enrolled = { id, name: taken.name, public_key: JSON.stringify(key), enrolled_at: now() }
      const entry = { act: 'agent.enrolled' as const, by: `agent ${taken.name}`, subject: id, row: agentRowHash(enrolled) }
      await log.append({ kind: 'admin', ...entry })
      rows.note(entry)
      await database
        .insertInto('agents')
        .values({ ...enrolled, last_seen_at: null, version: null, servers: '[]' })
        .execute()
      return { agent: id, name: taken.name }
    },

    async remove(id, by) {
      const row = await rowOf(id)
      if (!row) throw new AppError('NOT_FOUND', { what: 'The agent' })
      const entry = { act: 'agent.removed' as const, by: by.sub, subject: id, rowBefore: agentRowHash(row) }
      await log.append({ kind: 'admin', ...entry })
      rows.note(entry)
      await database.deleteFrom('agents').where('id', '=', id).execute()
    },

    async greeted(id, { version, servers }) {
      await database
        .updateTable('agents')
        .set({ version, servers: JSON.stringify(servers), last_seen_at: now() })
        .where('id', '=', id)
        .execute()
    },

    async seen(id) {
      await database.updateTable('agents').set({ last_seen_at: now() }).where('id', '=', id).execute()
    },
  }
}

async function assertNameFree(database: StateDatabase, name: string): Promise<void> {
  const taken = await database.selectFrom('agents').select('id').where('name', '=', name).executeTakeFirst()
  if (taken) throw new AppError('CONFLICT', { problem: `An agent named ${name} is already enrolled` })
}

/** Keeps the public members only: a private key that was sent by mistake must not be stored. */
async function checkedPublicKey(jwk: Record<string, unknown>): Promise<JWK> {
  const { kty, crv, x, y } = jwk
  const key: JWK | undefined =
    kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string'
      ? { kty, crv, x, alg: 'EdDSA' }
      : kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string'
        ? { kty, crv, x, y, alg: 'ES256' }
        : undefined
  if (!key) throw new AppError('INVALID_REQUEST', { problem: 'publicKey must be an Ed25519 or P-256 public key (JWK)' })
  await calculateJwkThumbprint(key)
  return key
}

const hashOf = (joinToken: string): string => createHash('sha256').update(joinToken).digest('hex')
