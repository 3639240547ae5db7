import { join } from 'node:path'
import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { openCosignatures, parseWitnessKey } from '../../src-core/log/cosignature.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import { replaceFile, syncFolder } from '../../src-node/durable-file.ts'
import { readIfThere } from '../../src-node/log-files.ts'
import { cosignedFile } from '../../src-node/log-reader.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import { askWitness, type WitnessAddress, type WitnessReply } from './ask-witness.ts'

export interface WitnessState {
  witness: string
  state: 'never-asked' | WitnessReply['outcome']
  /** when it cosigned last, and how many entries */
  at?: string
  size?: number
  problem?: string
}

export interface Witnesses {
  /** the newest checkpoint with the cosignatures of those who gave one */
  cosigned(): string | undefined
  states(): WitnessState[]
  close(): Promise<void>
}

interface WitnessesOptions {
  config: GatewayConfig['log']
  log: TransparencyLog
  clock: Clock
  scheduler: Scheduler
  logger: Pick<Logger, 'warn' | 'error' | 'info'>
}

/**
 * Asks the witnesses to cosign the log's newest checkpoint, some seconds after it has changed. Nothing waits for them: one that is away is asked
 * again later, and one that refuses is told of as what it is, a log that shows it another history.
 * @throws AppError CONFIG_INVALID
 */
export async function startWitnesses(options: WitnessesOptions): Promise<Witnesses> {
  const { config, log, clock, scheduler, logger } = options
  const addresses = config.witnesses.map(addressOf)
  const keys = addresses.map(({ key }) => key)
  const asked = addresses.map((address) => ({
    address,
    seen: { size: 0 },
    state: { witness: address.key.name, state: 'never-asked' } as WitnessState,
  }))
  let cosigned = await readCosigned(join(config.folder, cosignedFile))
  // even without a witness at hand: what was cosigned before must still be a part of the log
  if (cosigned !== undefined) {
    const problem = await log.cosigned(cosigned).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (problem !== undefined)
      logger.error({ err: problem, alarm: 'log-rolled-back' }, 'the log does not continue what its witnesses cosigned')
    if (problem !== undefined) cosigned = undefined
  }
  let running: Promise<void> | undefined
  let cancel: (() => void) | undefined
  let closed = false

  async function round(): Promise<{ note: string; complete: boolean }> {
    const note = log.checkpoint()
    const size = readClaimedCheckpoint(note)?.size ?? 0
    const replies = await Promise.all(asked.map(({ address, seen }) => askWitness(address, note, log, seen)))
    for (const [at, reply] of replies.entries()) {
      const one = asked[at]
      if (one) one.state = tell(one.state, reply, size)
    }
    const lines = replies.flatMap((reply) => (reply.outcome === 'cosigned' ? [reply.line] : []))
    if (lines.length > 0) {
      const together = note + lines.join('')
      await replaceFile(join(config.folder, cosignedFile), Buffer.from(together))
      await syncFolder(config.folder)
      cosigned = together
      await log.cosigned(together)
    }
    return { note, complete: lines.length === asked.length }
  }

  function tell(before: WitnessState, reply: WitnessReply, size: number): WitnessState {
    const { witness } = before
    const seen = before.at === undefined || before.size === undefined ? {} : { at: before.at, size: before.size }
    if (reply.outcome === 'cosigned') return { witness, state: 'cosigned', at: timestampOf(clock.now()), size }
    const { outcome, problem } = reply
    // once for each change: a witness that is away for a night fills no log
    if (outcome === 'refused' && before.problem !== problem)
      logger.error({ witness, problem }, 'a witness refuses the log: it knows another history')
    if (outcome === 'away' && before.state !== 'away') logger.warn({ witness, problem }, 'a witness is away: checkpoints go on without it')
    return { witness, state: outcome, ...seen, problem }
  }

  async function roundAndNext(): Promise<void> {
    const done = await round().catch((error: unknown) => {
      logger.error({ err: error }, 'cosignatures could not be gathered')
      return undefined
    })
    running = undefined
    if (!done?.complete || log.checkpoint() !== done.note) plan()
  }

  function plan(): void {
    if (closed || cancel) return
    cancel = scheduler.after(config.witnessSeconds * 1000, () => {
      cancel = undefined
      running = roundAndNext()
    })
  }

  function changed(): void {
    if (!running) plan()
  }

  const stopListening = asked.length > 0 ? log.onCheckpoint(changed) : () => {}
  if (asked.length > 0) plan()

  return {
    cosigned: () => (cosigned !== undefined && openCosignatures(cosigned, keys).length > 0 ? cosigned : undefined),
    states: () => asked.map(({ state }) => state),
    async close() {
      closed = true
      stopListening()
      cancel?.()
      await running
    },
  }
}

function addressOf({ url, key }: { url: string; key: string }): WitnessAddress {
  const parsed = parseWitnessKey(key)
  if (!parsed.ok) throw new AppError('CONFIG_INVALID', { file: 'log.witnesses', problem: `the key ${key}: ${parsed.problem}` })
  return { url, key: parsed.key }
}

const readCosigned = async (file: string): Promise<string | undefined> => (await readIfThere(file))?.toString()
