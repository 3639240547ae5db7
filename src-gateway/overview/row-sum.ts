import { createHmac, hash } from 'node:crypto'
import type Database from 'better-sqlite3'

/**
 * A sum over the rows of tables, kept up to date as they change. Each row counts with a value that only who has the key can compute, so whoever writes
 * rows into the file past this connection, takes some away or puts old ones back, ends with a sum that does not fit and cannot make one that does.
 */
export interface RowSum {
  /** of all that was changed through this connection, from where it began */
  readonly value: string
  /** of the rows as they are stored; from then on it goes on from there */
  read(): string
  /** after a transaction that was taken back */
  reset(value: string): void
}

const lanes = 8
/** of no rows */
export const emptySum = Buffer.alloc(lanes * 4).toString('hex')

/** Watches the tables from now on; a table must have a primary key, or rows that are the same would be told apart by nothing. */
export function sumRows(database: Database.Database, tables: readonly string[], key: Uint8Array): RowSum {
  const prefix = createHmac('sha256', key).update('rows').digest('base64')
  let sum = new Uint32Array(lanes)

  function count(sign: number, row: readonly unknown[]): void {
    const digest = hash('sha512', prefix + JSON.stringify(row), 'buffer')
    for (let lane = 0; lane < lanes; lane += 1) sum[lane] = (sum[lane] ?? 0) + sign * digest.readUInt32LE(lane * 4)
  }

  const columnsOf = (table: string) => (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
  database.function('row_changed', { varargs: true }, (sign: unknown, ...row: unknown[]) => {
    count(Number(sign), row)
    return null
  })
  for (const table of tables) {
    const row = (which: 'old' | 'new') => [`'${table}'`, ...columnsOf(table).map((column) => `${which}."${column}"`)].join(', ')
    const [gone, there] = [`SELECT row_changed(-1, ${row('old')});`, `SELECT row_changed(1, ${row('new')});`]
    database.exec(`
      CREATE TEMP TRIGGER ${table}_added AFTER INSERT ON main.${table} BEGIN ${there} END;
      CREATE TEMP TRIGGER ${table}_changed AFTER UPDATE ON main.${table} BEGIN ${gone} ${there} END;
      CREATE TEMP TRIGGER ${table}_removed AFTER DELETE ON main.${table} BEGIN ${gone} END;
    `)
  }

  const value = () => Buffer.from(sum.buffer).toString('hex')
  return {
    get value() {
      return value()
    },
    read() {
      sum = new Uint32Array(lanes)
      for (const table of tables) {
        const names = columnsOf(table).map((column) => `"${column}"`)
        for (const row of database
          .prepare(`SELECT '${table}', ${names.join(', ')} FROM main.${table}`)
          .raw()
          .iterate()) {
          count(1, row as unknown[])
        }
      }
      return value()
    },
    reset(to) {
      Buffer.from(sum.buffer).write(to, 'hex')
    },
  }
}
