import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '../src-protocol/app-error.ts'
import type { HttpServer, OAuthClient } from '../src-protocol/config.ts'
import type { Clock } from '../src-node/clock.ts'
import type { Logger } from '../src-node/logger.ts'
import { isSecretReference, resolveSecret } from '../src-node/secret.ts'
import { createAccessTokens, type AccessTokens } from './access-tokens.ts'
import { headerValue } from './header-value.ts'
import { createSecretFilter, type SecretFilter } from './secret-filter.ts'
import { createTokenRequest } from './token-request.ts'

export interface HttpCredentialOptions {
  env: NodeJS.ProcessEnv
  /** base of relative paths in the configuration */
  folder: string
  log: Logger
  clock: Clock
}

export interface HttpCredential {
  /** what every request to the server carries: its own headers, and the credential */
  headers: Record<string, string>
  /** certificates to trust instead of the usual ones */
  ca: Buffer | undefined
  /** where the access token comes from that every request carries too */
  tokens?: AccessTokens | undefined
  /** The bytes themselves where no secret is in them. Servers that report an error like to quote the request that they got. */
  withoutSecrets(bytes: Buffer): Buffer
}

/**
 * Secrets are read at each start of a session, so that a rotated one counts from the next session on.
 * @throws AppError SECRET_UNAVAILABLE, SERVER_START_FAILED
 */
export function httpCredential(server: HttpServer, options: HttpCredentialOptions): HttpCredential {
  const headers: Record<string, string> = {}
  const filter = createSecretFilter()
  const secret = (reference: string, name: string) => {
    const value = resolveSecret(reference, { ...options, name: `${server.name}.${name}` })
    if (!headerValue.test(value)) throw new AppError('SECRET_UNAVAILABLE', { name, problem: 'it is not one line of text' })
    filter.add(value)
    return value
  }
  for (const [name, value] of Object.entries(server.headers)) headers[name] = isSecretReference(value) ? secret(value, name) : value
  if (server.bearer !== undefined) headers['authorization'] = `Bearer ${secret(server.bearer, 'bearer')}`
  return {
    headers,
    ca: server.ca === undefined ? undefined : readCertificates(server, resolve(options.folder, server.ca)),
    tokens: server.oauth && tokensOf(server, server.oauth, filter, options),
    withoutSecrets: (bytes) => filter.clean(bytes),
  }
}

function tokensOf(server: HttpServer, client: OAuthClient, filter: SecretFilter, options: HttpCredentialOptions): AccessTokens {
  const read = (reference: string | undefined, name: string) => {
    if (reference === undefined) return undefined
    const value = resolveSecret(reference, { ...options, name: `${server.name}.oauth.${name}` })
    filter.add(value)
    return value
  }
  const request = createTokenRequest({
    server: server.name,
    client,
    clientSecret: read(client.clientSecret, 'clientSecret'),
    privateKey: read(client.privateKey, 'privateKey'),
    seconds: server.startSeconds,
  })
  return createAccessTokens({ ...options, server: server.name, request, onToken: (token) => filter.add(token) })
}

function readCertificates(server: HttpServer, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    // the path stays in the agent's log
    throw new AppError('SERVER_START_FAILED', { server: server.name, problem: 'the file of its ca cannot be read' }, { cause })
  }
}
