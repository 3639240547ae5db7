import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '../src-protocol/app-error.ts'
import type { HttpServer } from '../src-protocol/config.ts'
import { headerValue } from './header-value.ts'
import { isSecretReference, resolveSecret } from '../src-node/secret.ts'

export interface HttpCredential {
  /** what every request to the server carries: its own headers, and the credential */
  headers: Record<string, string>
  /** certificates to trust instead of the usual ones */
  ca: Buffer | undefined
  /** The bytes themselves where no secret is in them. Servers that report an error like to quote the request that they got. */
  withoutSecrets(bytes: Buffer): Buffer
}

const replacement = Buffer.from('[secret]')
/** shorter than this, a value would be found everywhere */
const shortestSecret = 4

/**
 * Secrets are read at each start of a session, so that a rotated one counts from the next session on.
 * @throws AppError SECRET_UNAVAILABLE, SERVER_START_FAILED
 */
export function httpCredential(server: HttpServer, options: { env: NodeJS.ProcessEnv; folder: string }): HttpCredential {
  const headers: Record<string, string> = {}
  const secrets: Buffer[] = []
  const secret = (reference: string, name: string) => {
    const value = resolveSecret(reference, { ...options, name: `${server.name}.${name}` })
    if (!headerValue.test(value)) throw new AppError('SECRET_UNAVAILABLE', { name, problem: 'it is not one line of text' })
    if (value.length >= shortestSecret) secrets.push(Buffer.from(value))
    return value
  }
  for (const [name, value] of Object.entries(server.headers)) headers[name] = isSecretReference(value) ? secret(value, name) : value
  if (server.bearer !== undefined) headers['authorization'] = `Bearer ${secret(server.bearer, 'bearer')}`
  return {
    headers,
    ca: server.ca === undefined ? undefined : readCertificates(server, resolve(options.folder, server.ca)),
    withoutSecrets(bytes) {
      let kept = bytes
      for (const value of secrets) {
        for (let at = kept.indexOf(value); at >= 0; at = kept.indexOf(value, at + replacement.length)) {
          kept = Buffer.concat([kept.subarray(0, at), replacement, kept.subarray(at + value.length)])
        }
      }
      return kept
    },
  }
}

function readCertificates(server: HttpServer, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    // the path stays in the agent's log
    throw new AppError('SERVER_START_FAILED', { server: server.name, problem: 'the file of its ca cannot be read' }, { cause })
  }
}
