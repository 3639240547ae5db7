import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findChromium } from '../../test/electron-host/chromium.ts'

const require = createRequire(import.meta.url)

/** What can show the desktop on this machine. */
export type DesktopRuntime =
  | { kind: 'electron'; executable: string; sentence: string }
  /** the host on Chromium, with a visible window */
  | { kind: 'host'; executable: string; env: Record<string, string>; sentence: string }
  | { kind: 'none'; sentence: string }

const installSeconds = 45

/** Real Electron if it is here or can be had; else the host with a visible Chromium; else nothing, and why. */
export async function findDesktopRuntime(options: { root: string; progress: (step: string) => void }): Promise<DesktopRuntime> {
  if (!hasDisplay()) return { kind: 'none', sentence: 'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).' }
  const electron = installedElectron() ?? (await installElectron(options.progress))
  if (electron) return { kind: 'electron', executable: electron, sentence: 'The desktop runs on Electron.' }
  const host = join(options.root, 'test', 'electron-host')
  try {
    const chromium = await findChromium({ headless: false })
    return {
      kind: 'host',
      executable: join(host, 'electron'),
      env: { GATEHOUSE_HOST_HEADFUL: '1', GATEHOUSE_CHROMIUM: chromium.executablePath },
      sentence: 'Electron’s binary cannot be had here, so the desktop runs on the project’s own host, in a window of Chromium.',
    }
  } catch (error) {
    return {
      kind: 'none',
      sentence: `Electron’s binary cannot be had here, and there is no browser for a window. ${(error as Error).message}`,
    }
  }
}

export const hasDisplay = (): boolean =>
  process.platform === 'darwin' || process.platform === 'win32' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'])

function electronFolder(): string {
  return dirname(require.resolve('electron/package.json'))
}

export function installedElectron(): string | undefined {
  const pathFile = join(electronFolder(), 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const executable = join(electronFolder(), 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(executable) ? executable : undefined
}

/** The package fetches its binary on first use; it gets one try, and not for long. */
async function installElectron(progress: (step: string) => void): Promise<string | undefined> {
  progress('Fetching Electron’s binary (once)')
  const installer = spawn(process.execPath, [join(electronFolder(), 'install.js')], { stdio: 'ignore' })
  const timer = setTimeout(() => installer.kill('SIGKILL'), installSeconds * 1000)
  await once(installer, 'exit')
  clearTimeout(timer)
  return installedElectron()
}
