/** A D-Bus session of a test's own, so that nothing reaches the desktop of the person who runs it. */
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface PrivateBus {
  address: string
  stop(): Promise<void>
}

/** The `dbus-daemon` of this machine; no npm package carries one. */
export function findBusDaemon(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'dbus-daemon'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

export async function startPrivateBus(daemon: string): Promise<PrivateBus> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bus-'))
  const child = spawn(daemon, ['--session', '--nofork', '--print-address=1', `--address=unix:path=${join(folder, 'bus')}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const address = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.trim())
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`dbus-daemon ended at its start (${code})`)))
  })
  return {
    address,
    async stop() {
      child.kill()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
