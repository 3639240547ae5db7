import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '../src-protocol/app-error.ts'

/**
 * Resolves `env:NAME` or `file:path` (relative to `folder`; one trailing newline is dropped).
 * @throws AppError SECRET_UNAVAILABLE, naming the reference, never the value
 */
export function resolveSecret(reference: string, options: { env: NodeJS.ProcessEnv; folder: string; name: string }): string {
  const [kind, target] = splitOnce(reference, ':')
  if (kind === 'env') {
    const value = options.env[target]
    if (value === undefined || value === '')
      throw new AppError('SECRET_UNAVAILABLE', { name: options.name, problem: `${reference} is not set` })
    return value
  }
  if (kind === 'file') {
    try {
      return readFileSync(resolve(options.folder, target), 'utf8').replace(/\r?\n$/, '')
    } catch (cause) {
      throw new AppError('SECRET_UNAVAILABLE', { name: options.name, problem: `${reference} cannot be read` }, { cause })
    }
  }
  throw new AppError('SECRET_UNAVAILABLE', { name: options.name, problem: 'a reference starts with env: or file:' })
}

export const isSecretReference = (value: string): boolean => /^(env|file):/.test(value)

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
