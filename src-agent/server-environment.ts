import { isSecretReference, resolveSecret } from '../src-node/secret.ts'
import type { StdioServer } from '../src-protocol/config.ts'

/** What a program needs to run at all. Nothing else of the agent's own environment is a server's business. */
const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR'] as const

export interface ServerEnvironment {
  variables: Record<string, string>
  /** the values that came from secret references */
  secrets: string[]
}

/**
 * Secrets are read at each start, so that a rotated one counts from the next session on.
 * @throws AppError SECRET_UNAVAILABLE
 */
export function serverEnvironment(server: StdioServer, options: { env: NodeJS.ProcessEnv; folder: string }): ServerEnvironment {
  const variables: Record<string, string> = {}
  const secrets: string[] = []
  for (const name of inherited) {
    const value = options.env[name]
    if (value !== undefined) variables[name] = value
  }
  for (const [name, value] of Object.entries(server.env)) {
    if (!isSecretReference(value)) {
      variables[name] = value
      continue
    }
    const secret = resolveSecret(value, { ...options, name: `${server.name}.${name}` })
    variables[name] = secret
    secrets.push(secret)
  }
  return { variables, secrets }
}
