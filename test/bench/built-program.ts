import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './arm-process.ts'

/** The command as it is published, from the sources of now: Node keeps a compiler in memory while it runs TypeScript, which nobody's gateway does. */
export function buildProgram(): string {
  const folder = join(root, 'out', 'bench-cli')
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  execFileSync(
    process.execPath,
    [vite, 'build', '--config', join(root, 'build', 'cli.vite.config.ts'), '--outDir', folder, '--logLevel', 'warn'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  return join(folder, 'gatehouse.js')
}
