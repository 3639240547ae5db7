import { createHash, type KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decideCosign, parseAddCheckpoint, type WitnessDecision } from '../../src-core/log/add-checkpoint.ts'
import { readClaimedCheckpoint, type Checkpoint } from '../../src-core/log/checkpoint.ts'
import { cosign, formatWitnessKey, witnessKeyOf } from '../../src-core/log/cosignature.ts'
import { splitNote, type VerifierKey } from '../../src-core/log/signed-note.ts'
import { timestampOf, type Clock } from '../clock.ts'
import { replaceFile, syncFolder } from '../durable-file.ts'
import { readIfThere } from '../log-files.ts'

export interface Witness {
  /** C2SP verifier key of its cosignatures */
  readonly verifierKey: string
  /** The lines to put under the checkpoint, or why there are none. One request at a time is decided about. */
  addCheckpoint(body: string): Promise<WitnessAnswer>
}

export type WitnessAnswer = { status: 200; lines: string } | Exclude<WitnessDecision, { status: 200 }>

export interface WitnessOptions {
  folder: string
  name: string
  privateKey: KeyObject
  logs: readonly VerifierKey[]
  clock: Clock
  /** a log showed two histories under its own signature; `file` keeps what it sent */
  onMisbehaviour: (origin: string, problem: string, file: string) => void
}

/**
 * Remembers of each log the checkpoint that it cosigned last, and cosigns only what continues it: no log can show one history here and another one
 * elsewhere. What it cosigned is on the disk before anybody hears of it.
 */
export function createWitness({ folder, name, privateKey, logs, clock, onMisbehaviour }: WitnessOptions): Witness {
  const keysByOrigin = Map.groupBy(logs, (key) => key.name)
  let last: Promise<unknown> = Promise.resolve()

  async function decide(body: string): Promise<WitnessAnswer> {
    const request = parseAddCheckpoint(body)
    const origin = request && readClaimedCheckpoint(request.note)?.origin
    const before = origin === undefined ? undefined : await readLatest(folder, origin)
    const decision = decideCosign(
      request,
      (of) => keysByOrigin.get(of),
      () => before,
    )
    if (decision.status === 200 && request) {
      await replaceFile(join(folder, fileOf(decision.checkpoint.origin)), Buffer.from(request.note))
      await syncFolder(folder)
      return { status: 200, lines: cosign(splitNote(request.note)?.text ?? '', name, privateKey, clock.now()) }
    }
    if (decision.status === 200) throw new TypeError('a request that is none is not cosigned')
    if ('misbehaved' in decision && decision.misbehaved && origin !== undefined) {
      const file = await keepEvidence(folder, timestampOf(clock.now()), body)
      onMisbehaviour(origin, decision.problem, file)
    }
    return decision
  }

  return {
    verifierKey: formatWitnessKey(witnessKeyOf(name, privateKey)),
    addCheckpoint(body) {
      const next = last.then(() => decide(body))
      last = next.catch(() => undefined)
      return next
    },
  }
}

/** An origin is anybody's text, and a file name is not the place for it. */
const fileOf = (origin: string): string => `${createHash('sha256').update(origin).digest('hex').slice(0, 32)}.checkpoint`

async function readLatest(folder: string, origin: string): Promise<Checkpoint | undefined> {
  const note = await readIfThere(join(folder, fileOf(origin)))
  if (note === undefined) return undefined
  const checkpoint = readClaimedCheckpoint(note.toString())
  // to begin anew would be to forget what was cosigned
  if (checkpoint?.origin !== origin) throw new TypeError(`what was cosigned of ${origin} cannot be read`)
  return checkpoint
}

/** Both histories carry the log's signature: this one, and the checkpoint that was cosigned before. */
async function keepEvidence(folder: string, at: string, body: string): Promise<string> {
  const refused = join(folder, 'refused')
  await mkdir(refused, { recursive: true, mode: 0o700 })
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 8)
  const file = join(refused, `${at.replaceAll(':', '-')}-${digest}.txt`)
  await replaceFile(file, Buffer.from(body))
  return file
}
