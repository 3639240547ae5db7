/** For tests: evidence packs, and zips that no packer would write. */
import { createHash } from 'node:crypto'
import { crc32, deflateRawSync } from 'node:zlib'
import { base64Of } from '../../../../src-core/log/base64.ts'
import { signCheckpoint } from '../../../../src-core/log/checkpoint.ts'
import { rootOf } from '../../../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../../../src-core/log/merkle-hash.ts'
import { inclusionProof } from '../../../../src-core/log/merkle-proof.ts'
import { formatTlogProof } from '../../../../src-core/log/tlog-proof.ts'
import {
  fixtureKey,
  fixtureOrigin,
  fixtureSession,
  fixtureVerifierKey,
  recordingText,
  recordsFixture,
  sessionRootOf,
} from '../../../../src-core/recording/sealed-recording.fixture.ts'

export interface ZippedFile {
  name: string
  data: Buffer
  deflated?: boolean
  /** what the list of files says, where it lies */
  size?: number
  packedSize?: number
  attributes?: number
  flags?: number
  method?: number
}

/** A zip, byte by byte. */
export function zipOf(files: readonly ZippedFile[], change: { entries?: number } = {}): Buffer {
  const parts: Buffer[] = []
  const list: Buffer[] = []
  let offset = 0
  for (const { name, data, deflated = true, size, packedSize, attributes = 0o100644 * 65_536, flags = 0, method } of files) {
    const packed = deflated ? deflateRawSync(data) : data
    const bytes = Buffer.from(name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(flags, 2)
    shared.writeUInt16LE(method ?? (deflated ? 8 : 0), 4)
    shared.writeUInt32LE(crc32(data), 10)
    shared.writeUInt32LE(packedSize ?? packed.length, 14)
    shared.writeUInt32LE(size ?? data.length, 18)
    shared.writeUInt16LE(bytes.length, 22)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), shared, bytes, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(attributes, 6)
    tail.writeUInt32LE(offset, 10)
    list.push(Buffer.concat([Buffer.from('504b01021e03', 'hex'), shared, tail, bytes]))
    parts.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(list)
  const end = Buffer.alloc(22)
  end.write('504b0506', 0, 'hex')
  end.writeUInt16LE(change.entries ?? files.length, 8)
  end.writeUInt16LE(change.entries ?? files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, directory, end])
}

export const packRecording = recordingText(recordsFixture(8, { reason: '<img src=x onerror=alert(1)> \u202e refund' }))

/** The files of a pack of one session, with a manifest that fits them. `change` is made before the manifest, `after` behind it. */
export const secondSession = 'ses_abcdefghij0secnd' as typeof fixtureSession
const secondRecording = recordingText(recordsFixture(6, { session: secondSession, reason: 'Another refund' }))

export function packFiles(
  options: { second?: boolean; change?: (files: Map<string, string>) => void; manifest?: (manifest: Record<string, unknown>) => void } = {},
): ZippedFile[] {
  const entries = [
    '{"kind":"gateway.start"}',
    closeEntry(fixtureSession, packRecording),
    options.second ? closeEntry(secondSession, secondRecording) : '{"kind":"heartbeat"}',
  ].map((text) => Buffer.from(text))
  const leaves = entries.map(leafHash)
  const note = signCheckpoint({ origin: fixtureOrigin, size: leaves.length, root: rootOf(leaves) }, fixtureKey(1))
  const folder = `sample/${fixtureSession}`
  const proofOf = (index: number) =>
    formatTlogProof({ entry: entries[index]!, index, hashes: inclusionProof(leaves, index), checkpoint: note })
  const files = new Map([
    ['README.md', '# An evidence pack\n'],
    ['trust/log.vkey', `${fixtureVerifierKey}\n`],
    ['log/end.checkpoint', note],
    ['log/range.json', JSON.stringify({ start: 0, end: 3, size: 3, nodes: [] })],
    ['log/entries.jsonl', entries.map((entry, index) => `${JSON.stringify({ index, entry: base64Of(entry) })}\n`).join('')],
    [`${folder}/recording.jsonl`, packRecording],
    [`${folder}/recording.tlog-proof`, proofOf(1)],
  ])
  if (options.second) {
    files.set(`sample/${secondSession}/recording.jsonl`, secondRecording)
    files.set(`sample/${secondSession}/recording.tlog-proof`, proofOf(2))
  }
  options.change?.(files)
  const manifest: Record<string, unknown> = {
    format: 'gatehouse-evidence-pack/1',
    gateway: 'gate.example',
    made: '2026-11-20T08:00:00.000Z',
    query: { from: '2026-11-01T00:00:00.000Z', to: '2026-11-20T00:00:00.000Z' },
    counts: { entries: 3, sessions: options.second ? 2 : 1, sample: options.second ? 2 : 1 },
    files: [...files].map(([path, text]) => ({
      path,
      bytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
  }
  options.manifest?.(manifest)
  return [...files, ['manifest.json', JSON.stringify(manifest)] as const].map(([name, text]) => ({ name, data: Buffer.from(text) }))
}

const closeEntry = (session: string, recording: string): string =>
  JSON.stringify({
    v: 1,
    at: '2026-11-19T14:30:00.000Z',
    kind: 'session.close',
    session,
    count: recording.split('\n').length - 1,
    root: sessionRootOf(recording),
    endReason: 'ended-by-operator',
  })

/** The proof that a log of one more entry holds this manifest. */
export function manifestProof(manifest: Buffer, key = 1): Buffer {
  const entry = Buffer.from(
    JSON.stringify({
      v: 1,
      at: '2026-11-20T08:00:00.000Z',
      kind: 'export.pack',
      by: 'u-1',
      manifest: createHash('sha256').update(manifest).digest('hex'),
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-20T00:00:00.000Z',
      sessions: 1,
    }),
  )
  const leaves = [leafHash(Buffer.from('before')), leafHash(entry)]
  const checkpoint = signCheckpoint({ origin: fixtureOrigin, size: 2, root: rootOf(leaves) }, fixtureKey(key))
  return Buffer.from(formatTlogProof({ entry, index: 1, hashes: inclusionProof(leaves, 1), checkpoint }))
}
