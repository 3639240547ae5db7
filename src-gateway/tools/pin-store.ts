import { z } from 'zod'
import type { ToolPin } from '../../src-core/mcp/tool-pin.ts'
import { newTools, type NewTools } from '../../src-protocol/model.ts'
import type { StateDatabase } from '../state/state-database.ts'

/** Where the pins lie. What is read back is checked: whoever can write the state must not make the gateway trip over it. */
export interface PinStore {
  connections(): Promise<{ name: string; newTools: NewTools; listed: ('stateful' | 'stateless')[] }[]>
  pins(): Promise<{ connection: string; pin: ToolPin }[]>
  put(connection: string, pins: readonly ToolPin[]): Promise<void>
  listed(connection: string, eras: readonly string[]): Promise<void>
  forget(connection: string): Promise<void>
}

const era = z.enum(['stateful', 'stateless'])
const storedPin = z.object({
  tool: z.string(),
  hash: z.string(),
  definition: z.string(),
  standing: z.enum(['pinned', 'new', 'held', 'rejected']),
  candidate: z.object({ hash: z.string(), definition: z.string(), seenAt: z.string(), rejected: z.boolean() }).optional(),
  firstSeenAt: z.string(),
  eras: z.array(era),
  missingSince: z.string().optional(),
  decision: z.object({ decision: z.enum(['accept', 'reject']), by: z.string(), at: z.string(), reason: z.string() }).optional(),
})

/** rows in one statement: SQLite takes 32,766 values at once */
const rowsAtOnce = 500

export function createPinStore(database: StateDatabase): PinStore {
  return {
    async connections() {
      const rows = await database.selectFrom('connections').select(['name', 'new_tools', 'tools_listed']).execute()
      return rows.map((row) => ({
        name: row.name,
        newTools: newTools.parse(row.new_tools),
        listed: z.array(era).parse(JSON.parse(row.tools_listed)),
      }))
    },

    async pins() {
      const rows = await database.selectFrom('tool_pins').selectAll().orderBy('connection').orderBy('tool').execute()
      return rows.map(({ connection, pin }) => ({ connection, pin: storedPin.parse(JSON.parse(pin)) }))
    },

    async put(connection, pins) {
      for (let start = 0; start < pins.length; start += rowsAtOnce) {
        const rows = pins.slice(start, start + rowsAtOnce).map((pin) => ({ connection, tool: pin.tool, pin: JSON.stringify(pin) }))
        await database
          .insertInto('tool_pins')
          .values(rows)
          .onConflict((conflict) => conflict.columns(['connection', 'tool']).doUpdateSet((row) => ({ pin: row.ref('excluded.pin') })))
          .execute()
      }
    },

    async listed(connection, eras) {
      await database
        .updateTable('connections')
        .set({ tools_listed: JSON.stringify(eras) })
        .where('name', '=', connection)
        .execute()
    },

    async forget(connection) {
      await database.deleteFrom('tool_pins').where('connection', '=', connection).execute()
    },
  }
}
