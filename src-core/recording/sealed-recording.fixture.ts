/** For tests: recordings and their proofs, made with the real formats and a key of their own. */
import { createPrivateKey, hash, type KeyObject } from 'node:crypto'
import { agentId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { CloseRecord, MessageRecord, OpenRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { signCheckpoint } from '../log/checkpoint.ts'
import { rootOf } from '../log/merkle-frontier.ts'
import { hexOf, leafHash } from '../log/merkle-hash.ts'
import { inclusionProof } from '../log/merkle-proof.ts'
import { formatVerifierKey, verifierKeyOf } from '../log/signed-note.ts'
import { formatTlogProof } from '../log/tlog-proof.ts'

export const fixtureOrigin = 'gate.example/log'
export const fixtureSession = 'ses_abcdefghij012345' as OpenRecord['session']

/** An Ed25519 key from a number: the same in every run. */
export function fixtureKey(seed: number): KeyObject {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)])
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
}

export const fixtureVerifierKey = formatVerifierKey(verifierKeyOf(fixtureOrigin, fixtureKey(1)))

const timeOf = (seq: number): string => new Date(Date.UTC(2026, 10, 19, 14, 2, 0) + seq * 250).toISOString()

export function openRecordFixture(change: Partial<OpenRecord> = {}): OpenRecord {
  return {
    v: 1,
    seq: 0,
    at: timeOf(0),
    kind: 'open',
    session: fixtureSession,
    counter: 7,
    gateway: 'gate.example',
    logOrigin: fixtureOrigin,
    person: { sub: 'u-1', name: 'Mira Okafor', email: 'mira@acme.example', groups: ['support'], roles: ['operator'] },
    connection: 'orders-db' as OpenRecord['connection'],
    agent: { id: agentId.parse('agt_abcdefghij012345'), name: 'dc-1' },
    server: 'postgres',
    reason: 'Refund 88121 is stuck',
    endsAt: '2026-11-19T15:02:00.000Z',
    policyVersion: 'p'.repeat(64),
    maskingVersion: 'm'.repeat(64),
    ...change,
  }
}

export function messageRecordFixture(seq: number, change: Partial<MessageRecord> = {}): MessageRecord {
  const request = change.kind === undefined ? seq % 2 === 1 : change.kind === 'request'
  const exchange = change.exchange ?? Math.ceil(seq / 2)
  const body =
    change.body ??
    (request
      ? `{"jsonrpc":"2.0","id":${exchange},"method":"tools/call","params":{"name":"execute_sql","arguments":{"sql":"SELECT ${seq} FROM refunds"}}}`
      : `{"jsonrpc":"2.0","id":${exchange},"result":{"content":[{"type":"text","text":"{\\"rows\\":[{\\"n\\":${seq}}]}"}]}}`)
  return {
    v: 1,
    seq,
    at: timeOf(seq),
    kind: request ? 'request' : 'response',
    direction: request ? 'client' : 'server',
    exchange,
    method: 'tools/call',
    tool: 'execute_sql',
    id: exchange,
    body,
    bytes: Buffer.byteLength(body),
    sha256: hash('sha256', body),
    ...(request
      ? { decision: { effect: 'allow' as const, rule: 'read-orders', policyVersion: 'p'.repeat(64), because: 'Reading is allowed.' } }
      : {}),
    maskingVersion: 'm'.repeat(64),
    masks: [],
    ...change,
  }
}

export function closeRecordFixture(seq: number, change: Partial<CloseRecord> = {}): CloseRecord {
  return {
    v: 1,
    seq,
    at: timeOf(seq),
    kind: 'close',
    session: fixtureSession,
    endReason: 'ended-by-operator',
    counts: { allowed: 0, masked: 0, held: 0, denied: 0 },
    ...change,
  }
}

/** open, `messages` requests and responses in turn, close */
export function recordsFixture(messages: number, change: Partial<OpenRecord> = {}): SessionRecord[] {
  const middle = Array.from({ length: messages }, (_, at) => messageRecordFixture(at + 1))
  const { session } = openRecordFixture(change)
  return [openRecordFixture(change), ...middle, closeRecordFixture(messages + 1, { session })]
}

export const recordingText = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('')

const linesOf = (recording: string): Buffer[] =>
  recording
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line))

export const sessionRootOf = (recording: string): string => hexOf(rootOf(linesOf(recording).map(leafHash)))

export interface ProofOptions {
  /** changes in the session.close entry */
  entry?: Partial<Extract<LogEntry, { kind: 'session.close' }>>
  /** entries in the log, and which of them is ours */
  size?: number
  index?: number
  origin?: string
  privateKey?: KeyObject
}

/** Leaf hashes of a log of `size` entries in which ours is `index`. */
export function logLeavesFixture(recording: string, options: ProofOptions = {}): { leaves: Uint8Array[]; entry: Buffer; index: number } {
  const { size = 13, index = 5 } = options
  const entry = Buffer.from(
    JSON.stringify({
      v: 1,
      at: timeOf(1000),
      kind: 'session.close',
      session: fixtureSession,
      count: linesOf(recording).length,
      root: sessionRootOf(recording),
      endReason: 'ended-by-operator',
      ...options.entry,
    }),
  )
  const leaves = Array.from({ length: size }, (_, at) => leafHash(at === index ? entry : Buffer.from(`entry ${at}`)))
  return { leaves, entry, index }
}

export function proofFixture(recording: string, options: ProofOptions = {}): string {
  const { leaves, entry, index } = logLeavesFixture(recording, options)
  const { origin = fixtureOrigin, privateKey = fixtureKey(1) } = options
  const checkpoint = signCheckpoint({ origin, size: leaves.length, root: rootOf(leaves) }, privateKey)
  return formatTlogProof({ entry, index, hashes: inclusionProof(leaves, index), checkpoint })
}
