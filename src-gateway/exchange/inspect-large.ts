import { AppError } from '../../src-protocol/app-error.ts'
import type { Inspection, InspectedMessage, InspectionJob } from '../inspection/inspect-message.ts'
import type { Exchange } from './exchange.ts'
import { deepestMessage, type ExchangePorts } from './exchange-ports.ts'
import type { MaskedMessage } from './message-record.ts'

/**
 * Above this a message is parsed, masked and hashed by a worker: on the event loop everybody else would stand still meanwhile. Below it
 * the way to the worker and back costs more than it saves.
 */
export const largeMessageBytes = 256 * 1024

/**
 * The bytes move away, and come back in the inspection. A message that could not be inspected is an error here, whatever went wrong:
 * nothing of it may go on.
 */
export async function inspectLarge(
  ports: ExchangePorts,
  exchange: Exchange,
  bytes: Uint8Array,
  choices: Pick<InspectionJob, 'tool' | 'added'> & { maxBytes: number },
): Promise<{ inspection: Inspection; maskingVersion: string } | { error: AppError }> {
  const { session, progressOffset, request } = exchange
  const { version, source } = ports.inForce().masking
  try {
    const inspection = await ports.inspections.inspect(session.id, {
      bytes,
      limits: { maxBytes: choices.maxBytes, maxDepth: deepestMessage },
      masking: { version, source },
      connection: session.connection,
      groups: session.person.groups,
      // a copy: a buffer may share its memory with others, and all of that would go to the worker
      tagKey: Uint8Array.from(session.salt),
      tool: choices.tool,
      ...(choices.added && { added: choices.added }),
      progress: { progressOffset, request: request && { progressToken: request.progressToken } },
    })
    return { inspection, maskingVersion: version }
  } catch (error) {
    return {
      error: error instanceof AppError ? error : new AppError('INSPECTION_FAILED', { problem: 'an internal failure' }, { cause: error }),
    }
  }
}

const decoder = new TextDecoder()

export function maskedBy(
  { bytes, masks, body, sha256, summary, names, delivered, exempted, media, mediaMore }: InspectedMessage,
  maskingVersion: string,
): MaskedMessage {
  return {
    // few need it, and it is large
    get text() {
      return decoder.decode(bytes)
    },
    bytes,
    masks,
    maskingVersion,
    prepared: { body, sha256, summary },
    ...(names && { names }),
    ...(delivered && { delivered }),
    ...(exempted && { exempted }),
    ...(media && { media }),
    ...(mediaMore !== undefined && { mediaMore }),
  }
}
