import { formatAddCheckpoint } from '../../src-core/log/add-checkpoint.ts'
import { parseBase64 } from '../../src-core/log/base64.ts'
import { parseDecimal, readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { openCosignatures } from '../../src-core/log/cosignature.ts'
import type { VerifierKey } from '../../src-core/log/signed-note.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'

export interface WitnessAddress {
  url: string
  key: VerifierKey
}

export type WitnessReply =
  /** `line`: to put under the checkpoint */
  | { outcome: 'cosigned'; line: string; at: Date }
  /** no answer, or none that can be used: nothing is said about the log */
  | { outcome: 'away'; problem: string }
  /** it knows another history of this log than the one that it is shown */
  | { outcome: 'refused'; problem: string }

const patienceMs = 10_000
/** a cosignature is some hundred bytes */
const maximumAnswer = 64 * 1024

/**
 * Asks a witness to cosign a checkpoint of this log. Where it cosigned last is remembered in `seen`; a witness that says otherwise is believed,
 * and asked once more.
 */
export async function askWitness(
  { url, key }: WitnessAddress,
  note: string,
  log: Pick<TransparencyLog, 'consistencyProof'>,
  seen: { size: number },
): Promise<WitnessReply> {
  const size = readClaimedCheckpoint(note)?.size ?? 0
  let asked = await post(url, note, size, log, seen)
  if ('size' in asked && asked.size <= size) {
    seen.size = asked.size
    asked = await post(url, note, size, log, seen)
  }
  if ('problem' in asked) return { outcome: 'away', problem: asked.problem }
  if ('size' in asked) {
    return {
      outcome: 'refused',
      problem: `it cosigned this log with ${asked.size} entries, and the log has ${size}: entries were taken back`,
    }
  }
  if (asked.status === 409 || asked.status === 422) return { outcome: 'refused', problem: asked.text.trim().slice(0, 300) }
  if (asked.status !== 200) return { outcome: 'away', problem: `it answers with ${asked.status}: ${asked.text.trim().slice(0, 300)}` }
  for (const line of asked.text.split('\n')) {
    const [cosigned] = openCosignatures(`${note}${line}\n`, [key])
    if (!cosigned) continue
    seen.size = size
    return { outcome: 'cosigned', line: `${line}\n`, at: cosigned.at }
  }
  return { outcome: 'away', problem: 'it answers without a cosignature by the key that is configured for it' }
}

type Asked = { status: number; text: string } | { size: number } | { problem: string }

async function post(
  url: string,
  note: string,
  size: number,
  log: Pick<TransparencyLog, 'consistencyProof'>,
  { size: old }: { size: number },
): Promise<Asked> {
  try {
    const texts = old > 0 && old < size ? await log.consistencyProof(old, size) : []
    const hashes = texts.map((text) => parseBase64(text) ?? new Uint8Array())
    const response = await fetch(`${url.replace(/\/+$/, '')}/add-checkpoint`, {
      method: 'POST',
      body: formatAddCheckpoint({ old: Math.min(old, size), hashes, note }),
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
    })
    const text = await limitedText(response)
    const told = response.headers.get('content-type') === 'text/x.tlog.size' ? parseDecimal(text.trimEnd()) : undefined
    return response.status === 409 && told !== undefined ? { size: told } : { status: response.status, text }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'it cannot be reached' }
  }
}

async function limitedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true })
    if (text.length > maximumAnswer) throw new Error('its answer is too long')
  }
  return text
}
