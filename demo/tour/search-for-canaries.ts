import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { createCustomers } from '../seed/people.ts'
import { seededCustomers } from '../seed/seed-database.ts'
import { dsnCanary, type DemoLayout } from '../supervisor/layout.ts'
import type { Album } from './album.ts'
import { expectFact } from './expect-fact.ts'

/** what an access token (JWT) or a proof of possession looks like */
const tokenShape = /eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/

/**
 * Reads every file that the demo wrote, but the agent's own folder and the scratch files (the MCP servers' side), and looks for the
 * credential, tokens, and every seeded card number, IBAN and social security number.
 */
export function searchForCanaries({ layout, tokens, album }: { layout: DemoLayout; tokens: string[]; album: Album }): void {
  const customers = createCustomers(seededCustomers)
  const values = new Set(customers.flatMap((customer) => [...customer.cards.map((card) => card.number), customer.iban, customer.ssn]))
  const found: string[] = []
  let files = 0
  for (const folder of [layout.data, album.folder]) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const file = join(folder, name)
      if (file.startsWith(layout.agent) || file.startsWith(layout.scratch) || !statSync(file, { throwIfNoEntry: false })?.isFile()) continue
      files += 1
      const text = textOf(file)
      const report = (what: string) => found.push(`${what} in ${relative(folder, file)}`)
      if (text.includes(dsnCanary)) report('the credential')
      if (tokens.some((token) => text.includes(token)) || tokenShape.test(text)) report('a token')
      for (const candidate of text.matchAll(/\d{15,16}|[A-Z]{2}\d{20}|\d{3}-\d{2}-\d{4}/g))
        if (values.has(candidate[0])) report('a seeded value')
    }
  }
  expectFact(files > 20, 'there are files to search', files)
  expectFact(found.length === 0, 'no credential, token, card number, IBAN or social security number is in any file', found)
  album.note(
    `Searched ${files} files for the credential, tokens and ${values.size} seeded card numbers, IBANs and social security numbers: none found.`,
  )
}

/** latin1: every byte is one character, so text inside binary files is found too */
function textOf(file: string): string {
  try {
    const bytes = readFileSync(file)
    return (file.endsWith('.jsonl.zst') ? zstdDecompressSync(bytes) : bytes).toString('latin1')
  } catch (error) {
    // replaced or compressed meanwhile: what took its place is searched, or the recording that it is made of was
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code?.startsWith('ZSTD_') === true || code === 'Z_BUF_ERROR') return ''
    throw error
  }
}
