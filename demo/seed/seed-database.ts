import Database from 'better-sqlite3'
import { renameSync, rmSync } from 'node:fs'
import { createCustomers, type Customer } from './people.ts'
import { createRandom } from './random.ts'

export const seededCustomers = 2000

/** Makes the demo's customer database afresh: customers, cards, accounts, payments; a few thousand rows. */
export function seedDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  // under another name until it is whole: half a database would be taken for the seeded one by the next start
  const unfinished = `${file}.new`
  rmSync(unfinished, { force: true })
  const database = new Database(unfinished)
  try {
    database.exec(`
      CREATE TABLE customers (id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT, ssn TEXT, city TEXT, created_at TEXT NOT NULL);
      CREATE TABLE cards (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), card_number TEXT NOT NULL, network TEXT NOT NULL, expires TEXT NOT NULL);
      CREATE TABLE accounts (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), iban TEXT NOT NULL);
      CREATE TABLE payments (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), amount_cents INTEGER NOT NULL, currency TEXT NOT NULL, state TEXT NOT NULL, note TEXT, paid_at TEXT NOT NULL);
      CREATE INDEX payments_by_customer ON payments(customer_id);`)
    database.transaction(() => insertAll(database, createCustomers(seededCustomers)))()
  } finally {
    database.close()
  }
  renameSync(unfinished, file)
}

function insertAll(database: Database.Database, customers: readonly Customer[]): void {
  const random = createRandom(7)
  const customer = database.prepare('INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?)')
  const card = database.prepare('INSERT INTO cards (customer_id, card_number, network, expires) VALUES (?, ?, ?, ?)')
  const account = database.prepare('INSERT INTO accounts (customer_id, iban) VALUES (?, ?)')
  const payment = database.prepare(
    'INSERT INTO payments (customer_id, amount_cents, currency, state, note, paid_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  for (const row of customers) {
    customer.run(row.id, row.fullName, row.email, row.phone, row.ssn, row.city, row.createdAt)
    for (const { number, network, expires } of row.cards) card.run(row.id, number, network, expires)
    account.run(row.id, row.iban)
    for (let count = Math.floor(random() * 4); count >= 0; count -= 1) {
      const state = ['settled', 'settled', 'settled', 'stuck', 'refunded'][Math.floor(random() * 5)]
      const note = random() < 0.1 ? `refund to ${row.iban}, confirmed by ${row.email}` : null
      const at = new Date(Date.UTC(2026, Math.floor(random() * 11), 1 + Math.floor(random() * 28), Math.floor(random() * 24))).toISOString()
      payment.run(row.id, 100 + Math.floor(random() * 90_000), 'EUR', state, note, at)
    }
  }
}
