import { spawn } from 'node:child_process'

const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', linux: 'xdg-open', freebsd: 'xdg-open' }

/** Opens the system browser if this machine has one to open; the caller prints the address in any case. */
export function openSystemBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  const opener = openers[platform]
  return new Promise((resolve) => {
    if (opener === undefined) return resolve()
    const child = spawn(opener, [url], { stdio: 'ignore', detached: true })
    // not installed: the printed address is enough
    child.once('error', () => resolve())
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })
}
