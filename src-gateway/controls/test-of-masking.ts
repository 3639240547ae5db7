import { randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createTag } from '../../src-core/masking/create-tag.ts'
import { maskRpc } from '../../src-core/masking/mask-rpc.ts'
import { openRecordingStore } from '../../src-node/recording-store.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { hash } from 'node:crypto'
import { connectionName } from '../../src-protocol/ids.ts'
import { concluded, type ControlTest } from './control-test.ts'

/** Values that were never there before, of each kind that a masking document can detect by itself. */
const canaries: Record<string, () => string> = {
  card: () => withLuhn(`4${digits(14)}`),
  email: () => `${randomBytes(6).toString('hex')}@canary.example`,
  iban: () => {
    const account = digits(18)
    // DE = 13 14, as ISO 13616 counts letters
    const check = 98n - (BigInt(`${account}131400`) % 97n)
    return `DE${String(check).padStart(2, '0')}${account}`
  },
  ssn: () => `${randomInt(100, 665)}-${randomInt(10, 99)}-${randomInt(1000, 9999)}`,
}

const digits = (count: number): string => Array.from({ length: count }, () => randomInt(10)).join('')

function withLuhn(body: string): string {
  const sum = Array.from(body, Number)
    .toReversed()
    .reduce((total, digit, place) => total + (place % 2 === 0 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit), 0)
  return `${body}${(10 - (sum % 10)) % 10}`
}

/** Sends invented values through the masking in force into a real recording, and looks for them in its file. */
export const testOfMasking = {
  async 'C1.1'({ inForce, connections, temporaryFolder, clock }) {
    const { masking } = inForce()
    const seen: string[] = []
    const failures: string[] = []
    const unmasked: string[] = []
    const folder = await mkdtemp(join(temporaryFolder, 'control-test-'))
    try {
      const recordings = await openRecordingStore({ folder, clock })
      const names = (await connections()).map(({ name }) => name)
      for (const connection of names.length > 0 ? names : [connectionName.parse('control-test')]) {
        const kinds = new Set(masking.rulesFor({ connection }).detectors.map(({ kind }) => kind))
        const planted = Object.entries(canaries).flatMap(([kind, make]) => (kinds.has(kind) ? [{ kind, value: make() }] : []))
        if (planted.length === 0) {
          unmasked.push(`On ${connection}, no masking rule detects such values: nothing was planted.`)
          continue
        }
        const text = JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          result: { content: [{ type: 'text', text: planted.map(({ value }) => `seen ${value} here`).join('\n') }] },
        })
        const masked = maskRpc(masking, text, { connection, tag: createTag(randomBytes(32)), groups: [] }, { id: 1 })
        const session = newSessionId()
        const writer = await recordings.create({
          session,
          counter: 1,
          gateway: 'control test',
          logOrigin: 'control test',
          person: { sub: 'control-test', name: 'Control test', groups: [], roles: [] },
          connection,
          agent: { id: 'control-test', name: 'control test' },
          server: 'control test',
          reason: 'control test',
          endsAt: clock.now().toISOString(),
          policyVersion: masking.version,
          maskingVersion: masking.version,
        })
        await writer.append({
          kind: 'response',
          direction: 'server',
          exchange: 1,
          method: 'tools/call',
          body: masked.text,
          bytes: Buffer.byteLength(masked.text),
          sha256: hash('sha256', masked.text, 'hex'),
          maskingVersion: masking.version,
          masks: masked.masks,
        })
        await writer.close({ endReason: 'expired', counts: { allowed: 0, masked: 1, held: 0, denied: 0 } })
        const written = await allBytes(folder)
        const found = planted.filter(({ value }) => written.includes(value)).map(({ kind }) => kind)
        if (found.length > 0) failures.push(`On ${connection}, an invented value stood in the recording unmasked: ${found.join(', ')}.`)
        else
          seen.push(
            `On ${connection}, an invented value of each kind (${planted.map(({ kind }) => kind).join(', ')}) was recorded, and is not in the file.`,
          )
      }
      await recordings.close()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    if (seen.length === 0 && failures.length === 0) return { outcome: 'failed', steps: unmasked.slice(0, 20) }
    return concluded([...seen, ...unmasked], failures)
  },
} satisfies Record<string, ControlTest>

async function allBytes(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const texts = await Promise.all(files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
  return texts.join('\n')
}
