import { createHash, randomUUID } from 'node:crypto'
import { SignJWT, exportJWK, type JWK } from 'jose'
import { randomDPoPKeyPair } from 'openid-client'
import type { Clock } from '../../../src-node/clock.ts'

/**
 * The key of one sign-in (ES256). Its private half cannot be exported, not even by this program, and dies with the sign-in.
 * Access tokens are bound to it, and it signs this person's votes.
 */
export interface SignInKey {
  pair: KeyPair
  publicKey: JWK
  /** A fresh proof for one request with this access token (RFC 9449, section 4.2). */
  prove(request: { method: string; url: URL; accessToken: string }): Promise<string>
  /** ES256 over the UTF-8 bytes, IEEE P1363, base64url. */
  sign(text: string): Promise<string>
}

type KeyPair = Awaited<ReturnType<typeof randomDPoPKeyPair>>

export async function createSignInKey(clock: Clock, existing?: KeyPair): Promise<SignInKey> {
  const pair = existing ?? (await randomDPoPKeyPair('ES256', { extractable: false }))
  const { kty, crv, x, y } = await exportJWK(pair.publicKey)
  const publicKey: JWK = { kty, crv, x, y }
  return {
    pair,
    publicKey,
    prove: ({ method, url, accessToken }) =>
      new SignJWT({
        jti: randomUUID(),
        htm: method.toUpperCase(),
        htu: `${url.origin}${url.pathname}`,
        iat: Math.floor(clock.now().getTime() / 1000),
        ath: createHash('sha256').update(accessToken).digest('base64url'),
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey })
        .sign(pair.privateKey),
    async sign(text) {
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, new TextEncoder().encode(text))
      return Buffer.from(signature).toString('base64url')
    },
  }
}
