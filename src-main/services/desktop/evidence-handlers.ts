import { createHash } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { PackSummary } from '../../../src-protocol/evidence.ts'
import type { GatewayApi } from '../gateway-api.ts'
import type { CheckedHandlers, DesktopPorts } from './desktop-ports.ts'

/** Evidence packs: made by the gateway, fetched part by part and written where the person wants them. */
export function evidenceHandlers(options: {
  api: () => GatewayApi
  chooseFolder: DesktopPorts['chooseFolder']
}): Pick<CheckedHandlers, 'evidence:export'> {
  return {
    async 'evidence:export'(request) {
      const folder = await options.chooseFolder()
      if (folder === undefined) return {}
      const api = options.api()
      const { key } = await api.call('logCheckpoint')
      const pack = await api.call('makePack', request)
      // the last day that is in it, as the person chose it; the request names the moment after
      const last = new Date(Date.parse(request.to) - 1).toISOString()
      const file = join(folder, `evidence-${request.from.slice(0, 10)}-to-${last.slice(0, 10)}-${pack.manifest.slice(0, 8)}.zip`)
      await writePack(api, pack, file)
      return { file, pack, key }
    },
  }
}

/** A pack that did not arrive whole is removed. @throws AppError FILE_UNWRITABLE, NOT_FOUND, GATEWAY_UNREACHABLE */
async function writePack(api: GatewayApi, { id, sha256 }: PackSummary, file: string): Promise<void> {
  const target = await openNew(file)
  try {
    const received = await writeParts(api, id, target, file)
    if (received !== sha256) throw new AppError('FILE_UNWRITABLE', { file, problem: 'it did not arrive as the gateway made it' })
    await target.sync()
  } catch (error) {
    await target.close()
    await rm(file, { force: true })
    throw error
  }
  await target.close()
}

async function writeParts(api: GatewayApi, id: string, target: FileHandle, file: string): Promise<string> {
  const hash = createHash('sha256')
  let offset: number | undefined = 0
  while (offset !== undefined) {
    const { part, next }: { part: string; next?: number | undefined } = await api.call('packPart', { id, offset })
    const bytes = Buffer.from(part, 'base64')
    hash.update(bytes)
    await writable(file, target.write(bytes))
    offset = next
  }
  return hash.digest('hex')
}

const openNew = (file: string): Promise<FileHandle> => writable(file, open(file, 'wx', 0o600))

async function writable<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new AppError('FILE_UNWRITABLE', { file, problem: code === 'EEXIST' ? 'it is there already' : (code ?? 'unknown') }, { cause })
  }
}
