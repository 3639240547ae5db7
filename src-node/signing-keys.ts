import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { AppError } from '../src-protocol/app-error.ts'

const signingKeys = z.object({
  jwks: z.object({
    keys: z
      .array(z.looseObject({ kty: z.literal('EC'), kid: z.string(), crv: z.string(), x: z.string(), y: z.string(), d: z.string() }))
      .min(1),
  }),
  cookieKeys: z.array(z.string().min(32)).min(1),
})
/** Private keys of an OpenID provider: what signs its tokens (ES256) and its cookies. */
export type SigningKeys = z.infer<typeof signingKeys>

/** New keys, which live as long as the process. */
export function generateSigningKeys(): SigningKeys {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return signingKeys.parse({
    jwks: { keys: [{ ...jwk, kid: randomBytes(8).toString('hex'), use: 'sig', alg: 'ES256' }] },
    cookieKeys: [randomBytes(32).toString('base64url')],
  })
}

/**
 * Reads the keys from `file`, or makes them and writes it (mode 0600, complete or not at all).
 * @throws AppError CONFIG_UNREADABLE when the file is there but cannot be used: making new keys would hide the damage
 */
export async function openSigningKeys(file: string): Promise<SigningKeys> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new AppError('CONFIG_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause })
    }
    const keys = generateSigningKeys()
    await writePrivateFile(file, JSON.stringify(keys))
    return keys
  }
  // a copy or a careless backup may have widened the mode
  await chmod(file, 0o600)
  try {
    return signingKeys.parse(JSON.parse(text))
  } catch (cause) {
    throw new AppError('CONFIG_UNREADABLE', { file, problem: 'it does not hold signing keys' }, { cause })
  }
}

async function writePrivateFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(unfinished, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(unfinished, file)
}
