import { readdirSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { AppError } from '../../src-protocol/app-error.ts'
import { isPrivate, runtimeFolders, socketPath } from '../../src-node/runtime-folder.ts'

const patienceMs = 2000

/**
 * The socket of a program of this user (desktop or `gatehouse connect`) that has a session to the connection; of several, the one that
 * was started last. Folders that others may write to are passed over: what answers there could be anybody.
 * @throws AppError DESKTOP_NOT_RUNNING, SESSION_NOT_OPEN
 */
export async function findSocket(connection: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const sockets = runtimeFolders(env)
    .filter(isPrivate)
    .flatMap((folder) => readdirSync(folder).map((entry) => ({ folder, entry })))
    .filter(({ entry }) => entry.endsWith('.sock'))
    .map(({ folder, entry }) => ({ path: socketPath(folder, entry), startedAt: startOf(join(folder, entry)) }))
    .toSorted((one, other) => other.startedAt - one.startedAt)
  let running = false
  for (const { path } of sockets) {
    const state = await ask(path, connection)
    if (state === 'open') return path
    if (state === 'no-session') running = true
  }
  throw new AppError(running ? 'SESSION_NOT_OPEN' : 'DESKTOP_NOT_RUNNING', { connection })
}

/** HEAD is nothing of MCP's: it is answered 405 where there is a session, and reaches no server. */
function ask(path: string, connection: string): Promise<'open' | 'no-session' | 'gone'> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: path, path: `/mcp/${connection}`, method: 'HEAD', timeout: patienceMs }, (response) => {
      response.resume()
      resolve(response.statusCode === 405 ? 'open' : 'no-session')
    })
    asked.once('timeout', () => asked.destroy())
    asked.once('error', () => resolve('gone'))
    asked.end()
  })
}

function startOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
