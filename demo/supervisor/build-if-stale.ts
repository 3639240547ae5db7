import { readdirSync, statSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const sources = [
  'src-main',
  'src-preload',
  'src-renderer',
  'src-protocol',
  'src-core',
  'src-node',
  'electron.vite.config.ts',
  'package-lock.json',
]
const results = ['out/main/index.js', 'out/preload/index.cjs', 'out/renderer/index.html']

/** Builds the desktop's bundles if they are missing or older than their sources. @throws Error with the build's last words */
export function buildIfStale(root: string, progress: (step: string) => void): void {
  const newestSource = Math.max(...sources.map((source) => newest(join(root, source))))
  const oldestResult = Math.min(...results.map((result) => statSync(join(root, result), { throwIfNoEntry: false })?.mtimeMs ?? 0))
  if (oldestResult > newestSource) return
  progress('Building the desktop')
  const program = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  const built = spawnSync(process.execPath, [program, 'build', '--logLevel', 'warn'], { cwd: root, encoding: 'utf8' })
  if (built.status !== 0)
    throw new Error(`The desktop could not be built:\n${(built.stderr + built.stdout).trim().split('\n').slice(-12).join('\n')}`)
}

function newest(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return 0
  if (!stats.isDirectory()) return stats.mtimeMs
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).reduce(
    (latest, file) => Math.max(latest, statSync(join(path, file)).mtimeMs),
    0,
  )
}
