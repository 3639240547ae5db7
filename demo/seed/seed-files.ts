import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createCustomers } from './people.ts'

/** Makes the demo's scratch folder afresh: something to read, something to write to, and a folder nobody may read. */
export function seedFiles(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  const customers = createCustomers(40)
  const files: Record<string, string> = {
    'README.md': '# Scratch\n\nNotes and reports of the support team. `secrets/` is not for AI clients.\n',
    'notes/refunds.md': '# Refunds of November\n\n- 14 refunds are stuck in state `stuck`\n- Bjorn checks them against the ledger\n',
    'reports/contacts.csv': [
      'name,email,iban',
      ...customers.map((customer) => `${customer.fullName},${customer.email},${customer.iban}`),
      '',
    ].join('\n'),
    'secrets/payment-provider.txt': 'api key: demo-only-not-a-key\n',
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}
