import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import { buildPack } from '../../src-node/evidence/build-pack.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { randomText } from '../../src-node/random-id.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { packPartBytes, type PackRequest, type PackSummary } from '../../src-protocol/evidence.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import type { Person } from '../../src-protocol/model.ts'

/** Makes evidence packs and hands them out in parts, so that neither side holds one in memory. */
export interface EvidencePacks {
  /** @throws AppError CONFLICT (one is being made), INVALID_REQUEST, LOG_CORRUPT, NOT_FOUND, RECORDING_INVALID, RECORDING_UNAVAILABLE */
  make(request: PackRequest, by: Person): Promise<PackSummary>
  /** @throws AppError NOT_FOUND: there is no such pack, it is another person's, or its time is over */
  part(id: string, offset: number, by: Person): Promise<{ part: string; next?: number }>
  close(): void
}

export interface EvidencePacksPorts {
  /** packs lie here until their time is over; whatever is in it at start is of no use any more */
  folder: string
  log: TransparencyLog
  recordings: Pick<RecordingStore, 'readText'>
  gateway: string
  version: string
  clock: Clock
  scheduler: Scheduler
}

const keptMs = 60 * 60 * 1000

export function createEvidencePacks(ports: EvidencePacksPorts): EvidencePacks {
  const { folder, log, recordings, clock, scheduler } = ports
  const packs = new Map<string, { owner: string; file: string; bytes: number; cancel: () => void }>()
  let making = false
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })

  async function write(
    request: PackRequest,
    by: Person,
    file: string,
  ): Promise<Omit<PackSummary, 'id' | 'bytes' | 'sha256' | 'expiresAt'>> {
    const { from, to } = request
    const reader = log.snapshot()
    let exported: { index: number; manifest: string } | undefined
    const { zip, done } = buildPack(
      {
        log: reader,
        verifierKey: log.verifierKey,
        gateway: ports.gateway,
        version: ports.version,
        now: clock.now(),
        proofOf: (index) => reader.tlogProof(index),
        readRecording: async (session) => {
          try {
            return Buffer.from(await recordings.readText(sessionId.parse(session)))
          } catch (error) {
            // the pack says that it is missing
            if (error instanceof AppError && error.code === 'NOT_FOUND') return undefined
            throw error
          }
        },
        async logExport(manifest, sessions) {
          const { index } = await log.append({ kind: 'export.pack', by: by.sub, manifest, from, to, sessions })
          exported = { index, manifest }
          return log.tlogProof(index)
        },
      },
      { ...request, timeZone: 'UTC' },
    )
    const [written, built] = await Promise.allSettled([pipeline(zip, createWriteStream(file, { flags: 'wx', mode: 0o600 })), done])
    if (built.status === 'rejected') throw built.reason
    if (written.status === 'rejected' || !exported) {
      throw new AppError('FILE_UNWRITABLE', { file: 'of the evidence pack', problem: 'the gateway could not store it' }, { cause: written })
    }
    const { entries, sessions, sample } = built.value.counts
    return { manifest: exported.manifest, logIndex: exported.index, entries, sessions, sample }
  }

  const forget = (id: string) => {
    const pack = packs.get(id)
    pack?.cancel()
    packs.delete(id)
    if (pack) void rm(pack.file, { force: true })
  }

  return {
    async make(request, by) {
      // it reads every recording of the period: one at a time leaves the gateway to its work
      if (making) throw new AppError('CONFLICT', { problem: 'another evidence pack is being made' })
      making = true
      const id = `pck_${randomText(16)}`
      const file = join(folder, `${id}.zip`)
      try {
        const facts = await write(request, by, file)
        const { size: bytes } = await stat(file)
        const sha256 = await hashOf(file)
        // of a person's packs the newest counts
        for (const [earlier, { owner }] of packs) if (owner === by.sub) forget(earlier)
        packs.set(id, { owner: by.sub, file, bytes, cancel: scheduler.after(keptMs, () => forget(id)) })
        return { id, bytes, sha256, ...facts, expiresAt: timestampOf(new Date(clock.now().getTime() + keptMs)) }
      } catch (error) {
        await rm(file, { force: true })
        throw error
      } finally {
        making = false
      }
    },
    async part(id, offset, by) {
      const pack = packs.get(id)
      if (!pack || pack.owner !== by.sub || offset > pack.bytes) throw new AppError('NOT_FOUND', { what: 'The evidence pack' })
      const file = await open(pack.file)
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(packPartBytes, pack.bytes - offset)), { position: offset })
        const next = offset + bytesRead
        return { part: buffer.toString('base64', 0, bytesRead), ...(next < pack.bytes && { next }) }
      } finally {
        await file.close()
      }
    },
    close() {
      for (const id of packs.keys()) forget(id)
    },
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
