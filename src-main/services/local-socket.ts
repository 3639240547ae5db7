import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Logger } from '../../src-node/logger.ts'
import { openRuntimeFolder, runtimeFolders, socketPath } from '../../src-node/runtime-folder.ts'

export interface LocalSocket {
  close(): Promise<void>
}

/**
 * The local endpoint for programs of this user that cannot speak HTTP to a port (`gatehouse-mcp`). The socket is for this user only
 * (mode 0600 in a folder 0700), which takes the place of the secret. Without it everything else works: a failure is logged.
 */
export async function openLocalSocket(options: {
  handle: RequestListener
  log: Logger
  folder?: string | undefined
}): Promise<LocalSocket> {
  const { log, folder = runtimeFolders()[0] ?? '' } = options
  const entry = `${process.pid}-${randomBytes(8).toString('hex')}.sock`
  const path = socketPath(folder, entry)
  const server = createServer({ keepAliveTimeout: 600_000, maxHeaderSize: 32 * 1024 }, options.handle)
  try {
    openRuntimeFolder(folder)
    await removeStale(folder)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ path }, resolve)
    })
    if (process.platform === 'win32') writeFileSync(join(folder, entry), '')
    else chmodSync(path, 0o600)
    server.on('error', (error) => log.warn({ err: error }, 'local socket failed'))
    log.info({ path }, 'local socket open')
  } catch (error) {
    log.warn({ err: error, path }, 'local socket could not be opened: gatehouse-mcp will not find this program')
  }
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      rmSync(join(folder, entry), { force: true })
    },
  }
}

/** What a program left that was killed. A socket that somebody answers on is left alone. */
async function removeStale(folder: string): Promise<void> {
  for (const entry of readdirSync(folder)) {
    if (!entry.endsWith('.sock') || (await isAnswered(socketPath(folder, entry)))) continue
    rmSync(join(folder, entry), { force: true })
  }
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // only a refusal says that nobody is there; anything else may pass
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'))
  })
}
