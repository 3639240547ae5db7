import { existsSync, lstatSync, mkdirSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

/**
 * Folders in which running programs of this user leave their sockets, the preferred one first. A client program often starts its servers
 * with little of its environment, so a folder below the home folder is always among them.
 */
export function runtimeFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const chosen = env['GATEHOUSE_RUNTIME_DIR']
  if (chosen !== undefined && chosen !== '') return [chosen]
  const session = env['XDG_RUNTIME_DIR'] ?? `/run/user/${userInfo().uid}`
  const home = join(homedir(), '.gatehouse', 'run')
  return process.platform === 'linux' && existsSync(session) ? [join(session, 'gatehouse'), home] : [home]
}

/** Makes the folder, for this user only. @throws Error if it belongs to somebody else, or others may enter it */
export function openRuntimeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isPrivate(folder)) throw new Error(`${folder} is open to other users`)
}

/** A folder that others can write to may hold sockets of others. Windows has no such modes; there the user's own folders are private. */
export function isPrivate(folder: string): boolean {
  const status = lstatSync(folder, { throwIfNoEntry: false })
  if (!status?.isDirectory()) return false
  return process.platform === 'win32' || (status.uid === userInfo().uid && (status.mode & 0o077) === 0)
}

/** What an entry of a runtime folder is called on this platform: the socket itself, or on Windows the pipe that the entry names. */
export function socketPath(folder: string, entry: string): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\gatehouse-${entry}` : join(folder, entry)
}
