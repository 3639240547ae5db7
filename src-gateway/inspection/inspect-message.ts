import { hash } from 'node:crypto'
import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import { parseMessage, type Message, type MessageParse, type RequestId } from '../../src-core/json/parse-message.ts'
import { createTag } from '../../src-core/masking/create-tag.ts'
import { loadMasking, type Masking } from '../../src-core/masking/load-masking.ts'
import { maskRpc, type MaskedNames, type MaskedRpc } from '../../src-core/masking/mask-rpc.ts'
import { summariseRequest } from '../../src-core/recording/message-summary.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { MaskApplied } from '../../src-protocol/model.ts'
import type { Exempted, RecordedMedia } from '../../src-protocol/recording.ts'
import type { AnswerMasks } from '../exchange/answer-masks.ts'
import { continueProgress, type HeldProgress } from '../exchange/progress.ts'

/** What a worker needs to know to do for a large message what the main thread does for a small one. */
export interface InspectionJob {
  bytes: Uint8Array
  limits: { maxBytes: number; maxDepth: number }
  /** the document in force, as text: compiled rules cannot cross threads */
  masking: { version: string; source: string }
  connection: string
  /** whose session it is */
  groups: readonly string[]
  /** of the session, for masks by which equal values can be followed */
  tagKey: Uint8Array
  /** `named`: the tool that the message itself names (a client's call); else the tool whose answer it is, if it answers that call */
  tool: { named: true } | { called: string | undefined; id: RequestId | undefined }
  /** of a message of the server */
  added?: AnswerMasks
  /** of a call that was held: the server's own progress continues behind the gateway's */
  progress: HeldProgress
}

export type Inspection = Extract<MessageParse, { ok: false }> | InspectedMessage

export interface InspectedMessage {
  ok: true
  /** without `error`, and of `result` only what is decided about */
  message: Message
  /** as they came, for what goes on unchanged */
  original: Uint8Array
  /** after masking: `original` itself if nothing changed */
  bytes: Uint8Array
  /** the masked text as a JSON string, the `body` of its record */
  body: Uint8Array
  sha256: string
  /** of a request or notification: its line in the live list */
  summary: string
  masks: MaskApplied[]
  /** see `MaskedMessage` */
  names?: MaskedNames
  delivered?: Uint8Array
  exempted?: Exempted[]
  media?: RecordedMedia[]
  mediaMore?: number
}

/**
 * Parses and masks a message as the pipeline does, and prepares its record.
 * @throws AppError MESSAGE_UNMASKABLE, MESSAGE_BLOCKED for a message of the server; for a client's it is the inspection
 */
export function inspectMessage(masking: Masking, job: InspectionJob): Inspection {
  const parsed = parseMessage(job.bytes, job.limits)
  if (!parsed.ok) return parsed
  const { result, error: _error, ...rest } = parsed.message
  const asked = decidedPart(result)
  const message = { ...rest, ...(asked && { result: asked }) }
  const answers = 'id' in job.tool && message.kind === 'response' && message.id === job.tool.id
  const tool = 'named' in job.tool ? message.tool : answers ? job.tool.called : undefined
  const added = message.kind === 'response' && !answers ? job.added?.foreign : job.added?.own
  const text = continueProgress(job.progress, parsed.message, parsed.text)
  const { connection, groups } = job
  const target = { connection, tool, groups, fromClient: 'named' in job.tool, tag: createTag(job.tagKey) }
  let masked: MaskedRpc
  try {
    masked = maskRpc(added ? masking.adding(added) : masking, text, target, parsed.message)
  } catch (error) {
    // the client that waits for an answer knows it by its id
    if (target.fromClient && error instanceof AppError) return { ok: false, code: error.code, data: error.data, ...namesOf(message) }
    throw error
  }
  const bytes = masked.text === parsed.text ? job.bytes : Buffer.from(masked.text)
  return {
    ok: true,
    message,
    original: job.bytes,
    bytes,
    body: Buffer.from(JSON.stringify(masked.text)),
    sha256: hash('sha256', bytes, 'hex'),
    summary: message.method === undefined ? '' : summariseRequest(masked.text),
    masks: masked.masks,
    ...(masked.names && { names: masked.names }),
    ...(masked.delivered !== undefined && {
      delivered: masked.delivered === parsed.text ? job.bytes : Buffer.from(masked.delivered),
    }),
    ...(masked.exempted && { exempted: masked.exempted }),
    ...(masked.media && { media: masked.media }),
    ...(masked.mediaMore !== undefined && { mediaMore: masked.mediaMore }),
  }
}

const namesOf = ({ id, method }: Message): { id?: RequestId; method?: string } => ({
  ...(id !== undefined && id !== null && { id }),
  ...(method !== undefined && { method }),
})

/** Requests that a result makes of the client, and lists, wherever they come: see exchange/decide-from-server.ts and revise-list.ts. */
function decidedPart(result: JsonValue | undefined): JsonValue | undefined {
  if (!isJsonObject(result)) return undefined
  const decided = Object.entries(result).filter(([name]) => decidedMembers.has(name))
  return decided.length > 0 ? Object.fromEntries(decided) : undefined
}
const decidedMembers = new Set(['inputRequests', 'tools', 'prompts', 'resources'])

/** Compiles a masking document once for as long as it stays in force. */
export function createInspector(): (job: InspectionJob) => Inspection {
  let masking: Masking | undefined
  return (job) => {
    if (masking?.version !== job.masking.version) {
      const loaded = loadMasking(job.masking.source)
      if (!loaded.ok || loaded.masking.version !== job.masking.version) {
        throw new AppError('INSPECTION_FAILED', { problem: 'the masking rules could not be loaded' })
      }
      masking = loaded.masking
    }
    return inspectMessage(masking, job)
  }
}
