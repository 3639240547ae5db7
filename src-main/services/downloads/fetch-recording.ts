import { open, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { maximumRecordingBytes } from '../../../src-core/recording/record-lines.ts'
import type { GatewayApi } from '../gateway-api.ts'

/** A recording that has arrived whole, and is not verified yet. */
export interface FetchedRecording {
  file: string
  proof: string
  /** some of it had come before this application was started, or before the last pause */
  resumed: boolean
}

interface FetchOptions {
  api: Pick<GatewayApi, 'call'>
  folder: string
  session: SessionId
  /** the first answer says how large the recording is, and how much of it is here: it is refused by throwing */
  onSize: (size: number, here: number) => Promise<void>
  /** after each part: how far it is; false stops */
  onProgress: (progress: { done: number; size: number }) => boolean
}

export const partFileOf = (folder: string, session: SessionId): string => join(folder, `${session}.part`)

/**
 * Fetches a recording part by part into a file of its own, and goes on where the file ends: nobody takes that file for a recording.
 * @returns undefined if it was stopped
 * @throws AppError DISK_FULL, FILE_UNWRITABLE, RECORDING_INVALID, or what the gateway answered
 */
export async function fetchRecording({ api, folder, session, onSize, onProgress }: FetchOptions): Promise<FetchedRecording | undefined> {
  const file = partFileOf(folder, session)
  let offset = await sizeOf(file)
  const resumed = offset > 0
  for (let first = true; ; first = false) {
    const { part, size, next, proof } = await api.call('recordingPart', { id: session, offset })
    const bytes = Buffer.from(part, 'base64')
    const end = offset + bytes.length
    const isLast = next === undefined
    if (size > maximumRecordingBytes || end > size || (isLast ? end !== size || proof === undefined : next !== end || bytes.length === 0)) {
      throw new AppError('RECORDING_INVALID', { problem: 'the gateway’s parts of it do not fit together' })
    }
    if (first) await onSize(size, offset)
    await append(file, offset, bytes)
    offset = end
    const goesOn = onProgress({ done: end, size })
    if (isLast && proof !== undefined) return { file, proof, resumed }
    if (!goesOn) return undefined
  }
}

async function append(file: string, offset: number, bytes: Uint8Array): Promise<void> {
  try {
    const handle = await open(file, offset === 0 ? 'w' : 'r+', 0o600)
    try {
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at, offset + at)).bytesWritten
    } finally {
      await handle.close()
    }
  } catch (cause) {
    // what was written of this part is written again
    await truncate(file, offset).catch(() => undefined)
    throw diskError(cause, file)
  }
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? 0

/** What the disk said, as a person is told of it. */
export function diskError(cause: unknown, file: string): AppError {
  if (cause instanceof AppError) return cause
  const { code = 'unknown' } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL') {
    return new AppError('DISK_FULL', { free: 'no room', needed: 'more' }, { cause })
  }
  return new AppError('FILE_UNWRITABLE', { file, problem: code }, { cause })
}

export const dropPart = (folder: string, session: SessionId): Promise<void> => rm(partFileOf(folder, session), { force: true })
