import { randomBytes } from 'node:crypto'
import { desktopTunnelPath } from '../../src-protocol/http-api.ts'
import { concluded, type ControlTest } from './control-test.ts'

/** Real requests to this gateway, from itself, without what it asks for. */
export const testOfDoors = {
  async 'CC6.6'({ ownAddress }) {
    const address = ownAddress()
    if (address === undefined) return { outcome: 'not-possible', steps: ['The gateway does not listen.'] }
    const seen: string[] = []
    const failures: string[] = []
    const invented = `DPoP ${randomBytes(24).toString('base64url')}`
    const tries: { path: string; method: string; authorization?: string }[] = [
      { path: '/api/v1/me', method: 'GET' },
      { path: '/api/v1/recordings', method: 'GET' },
      { path: '/api/v1/sessions', method: 'POST' },
      { path: '/api/v1/me', method: 'GET', authorization: invented },
      { path: desktopTunnelPath, method: 'GET' },
    ]
    for (const { path, method, authorization } of tries) {
      const how = `${method} ${path} ${authorization === undefined ? 'without a token' : 'with an invented token'}`
      try {
        const response = await fetch(address + path, {
          method,
          ...(authorization !== undefined && { headers: { authorization } }),
          redirect: 'manual',
          signal: AbortSignal.timeout(10_000),
        })
        await response.body?.cancel()
        if (response.status === 401 || (path === desktopTunnelPath && response.status >= 400))
          seen.push(`${how} was refused with ${response.status}.`)
        else failures.push(`${how} was answered with ${response.status}.`)
      } catch (error) {
        failures.push(`${how} could not be tried: ${error instanceof Error ? error.message : 'unknown'}.`)
      }
    }
    return concluded(seen, failures)
  },
} satisfies Record<string, ControlTest>
