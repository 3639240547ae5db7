import { readdirSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { demoLayout } from './layout.ts'

/**
 * Forgets everything a demo has stored. Whoever mistypes `--data` must not lose a folder of their own for it.
 * @throws Error if the folder holds anything that is not a demo's
 */
export function resetData(data: string): void {
  const { running, logs, config, identityProvider, gateway, recordings, log, agent, scratch, profiles } = demoLayout(data)
  const written = [running, logs, config, identityProvider, gateway, recordings, log, agent, scratch, profiles]
  const own = new Set(written.map((path) => basename(path)))
  const foreign = namesIn(data).filter((name) => !own.has(name))
  if (foreign.length > 0) throw new Error(`${data} holds ${foreign.slice(0, 3).join(', ')}, which no demo wrote: it is not reset.`)
  rmSync(data, { recursive: true, force: true })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
