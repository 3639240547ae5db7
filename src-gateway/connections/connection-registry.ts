import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { ConnectionRequest } from '../../src-protocol/http-requests.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import {
  connection as connectionSchema,
  type Agent,
  type Connection,
  type NewTools,
  type Person,
  type SqlDialect,
} from '../../src-protocol/model.ts'
import type { AgentRegistry } from '../agents/agent-registry.ts'
import { connectionRowHash, type LoggedRows } from '../state/logged-rows.ts'
import type { ConnectionRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'

export interface ConnectionRegistry {
  /** those that the person may start sessions on; administrators see all */
  listFor(person: Person): Promise<Connection[]>
  all(): Promise<Connection[]>
  find(name: string): Promise<Connection | undefined>
  create(request: ConnectionRequest, by: Person): Promise<Connection>
  changeNewTools(name: string, newTools: NewTools, by: Person): Promise<Connection>
  /** undefined: none is named any more */
  changeDialect(name: string, dialect: SqlDialect | undefined, by: Person): Promise<Connection>
  remove(name: string, by: Person): Promise<void>
}

export interface ConnectionRegistryPorts {
  database: StateDatabase
  agents: Pick<AgentRegistry, 'find' | 'list'>
  /** tools of a connection that wait for an administrator */
  toolsWaiting(name: string): number
  log: TransparencyLog
  rows: LoggedRows
  logger: Logger
  clock: Clock
  onChanged: () => void
}

/** Empty groups: every operator. */
export const mayUseConnection = (person: Person, connection: { groups: readonly string[] }): boolean =>
  connection.groups.length === 0 || connection.groups.some((group) => person.groups.includes(group))

export function createConnectionRegistry(ports: ConnectionRegistryPorts): ConnectionRegistry {
  const { database, agents, clock, onChanged } = ports
  const rowOf = (name: string) => database.selectFrom('connections').selectAll().where('name', '=', name).executeTakeFirst()

  async function note(entry: Pick<AdminEntry, 'act' | 'by' | 'subject' | 'row' | 'rowBefore'>): Promise<void> {
    await ports.log.append({ kind: 'admin', ...entry })
    ports.rows.note(entry)
  }

  const isAltered = (row: ConnectionRow): boolean => !ports.rows.fits('connection', row.name, connectionRowHash(row))

  const describe = (row: ConnectionRow, agent: KnownAgent | undefined): Connection => ({
    ...toConnection(row, agent, ports.toolsWaiting(row.name)),
    ...(isAltered(row) && { altered: true as const }),
  })

  async function all(): Promise<Connection[]> {
    const rows = await database.selectFrom('connections').selectAll().orderBy('name').execute()
    const known = new Map((await agents.list()).map((agent) => [agent.id as string, agent]))
    return rows.map((row) => describe(row, known.get(row.agent)))
  }

  /** In the log before it counts. */
  async function change(
    name: string,
    columns: Partial<Pick<ConnectionRow, 'new_tools' | 'dialect'>>,
    what: string,
    by: Person,
  ): Promise<Connection> {
    const row = await rowOf(name)
    if (!row) throw new AppError('NOT_FOUND', { what: `The connection ${name}` })
    // a change would make what nobody decided look decided
    if (isAltered(row)) throw new AppError('CONNECTION_ALTERED', { connection: name })
    const changed = { ...row, ...columns }
    const [after, rowBefore] = [connectionRowHash(changed), connectionRowHash(row)]
    await note({ act: 'connection.changed', by: by.sub, subject: `${name}: ${what}`, row: after, rowBefore })
    await database.updateTable('connections').set(columns).where('name', '=', name).execute()
    onChanged()
    return describe(changed, await agents.find(row.agent))
  }

  return {
    all,

    async listFor(person) {
      const connections = await all()
      return person.roles.includes('administrator') ? connections : connections.filter((connection) => mayUseConnection(person, connection))
    },

    async find(name) {
      const row = await rowOf(name)
      if (row && isAltered(row)) {
        ports.logger.error({ connection: name, alarm: 'connection-altered' }, 'a connection in the database is another one in the log')
      }
      return row && describe(row, await agents.find(row.agent))
    },

    async create(request, by) {
      const agent = await agents.find(request.agent)
      if (!agent) throw new AppError('NOT_FOUND', { what: 'The agent' })
      if (!agent.servers.some((server) => server.name === request.server))
        throw new AppError('SERVER_UNKNOWN', { agent: agent.name, server: request.server })
      if (await rowOf(request.name)) throw new AppError('CONFLICT', { problem: `A connection named ${request.name} exists already` })
      // by it texts are read that would otherwise be in doubt
      const subject = request.dialect === undefined ? request.name : `${request.name}: SQL dialect ${request.dialect}`
      const row: ConnectionRow = {
        name: request.name,
        title: request.title,
        description: request.description ?? null,
        agent: request.agent,
        server: request.server,
        groups: JSON.stringify(request.groups),
        max_minutes: request.maxMinutes,
        created_at: timestampOf(clock.now()),
        new_tools: request.newTools ?? 'accept',
        tools_listed: '[]',
        dialect: request.dialect ?? null,
      }
      await note({ act: 'connection.created', by: by.sub, subject, row: connectionRowHash(row) })
      await database.insertInto('connections').values(row).execute()
      onChanged()
      return toConnection(row, agent, 0)
    },

    changeNewTools: (name, newTools, by) => change(name, { new_tools: newTools }, `new tools ${newTools}`, by),
    // by it texts are read that would otherwise be in doubt
    changeDialect: (name, dialect, by) => change(name, { dialect: dialect ?? null }, `SQL dialect ${dialect ?? 'none'}`, by),

    async remove(name, by) {
      const row = await rowOf(name)
      if (!row) throw new AppError('NOT_FOUND', { what: `The connection ${name}` })
      await note({ act: 'connection.removed', by: by.sub, subject: name, rowBefore: connectionRowHash(row) })
      await database.deleteFrom('connections').where('name', '=', name).execute()
      onChanged()
    },
  }
}

type AdminEntry = Extract<LogEntry, { kind: 'admin' }>
type KnownAgent = Pick<Agent, 'id' | 'name' | 'online'>

/** A connection outlives the agent that it names: it is shown, offline, until an administrator removes it. */
function toConnection(row: ConnectionRow, agent: KnownAgent | undefined, toolsWaiting: number): Connection {
  return connectionSchema.parse({
    name: row.name,
    title: row.title,
    description: row.description ?? undefined,
    agent: { id: row.agent, name: agent?.name ?? 'removed agent', online: agent?.online ?? false },
    server: row.server,
    groups: JSON.parse(row.groups),
    maxMinutes: row.max_minutes,
    createdAt: row.created_at,
    newTools: row.new_tools,
    dialect: row.dialect ?? undefined,
    toolsWaiting,
  })
}
