import { expect, test } from 'vitest'
import { decideExternalUrl } from './external-url.ts'

const gateway = 'https://gatehouse.example:7420'

test.for([
  ['https://gatehouse.example:7420/oidc/auth?x=1', gateway],
  ['http://127.0.0.1:7420/oidc/auth', 'http://127.0.0.1:7420'],
  ['http://localhost:7420/', 'http://localhost:7420/base/'],
] as const)('%s is opened for the gateway %s', ([url, gatewayUrl]) => {
  expect(decideExternalUrl(url, gatewayUrl)).toEqual({ ok: true, url })
})

test.for([
  ['https://gatehouse.example.evil:7420/', gateway, 'origin'],
  ['https://gatehouse.example/', gateway, 'origin'],
  ['https://evil.example/https://gatehouse.example:7420/', gateway, 'origin'],
  ['https://gatehouse.example:7420@evil.example/', gateway, 'credentials'],
  ['https://user:password@gatehouse.example:7420/', gateway, 'credentials'],
  ['http://gatehouse.example:7420/', gateway, 'scheme'],
  ['http://gatehouse.example:7420/', 'http://gatehouse.example:7420', 'scheme'],
  ['http://127.0.0.1:7421/', 'http://127.0.0.1:7420', 'origin'],
  ['file:///etc/passwd', gateway, 'scheme'],
  ['javascript:alert(1)', gateway, 'scheme'],
  ['ms-msdt:/id', gateway, 'scheme'],
  ['gatehouse://inbox', gateway, 'scheme'],
  ['not an address', gateway, 'malformed'],
  ['https://gatehouse.example:7420/', '', 'malformed'],
] as const)('%s is refused for the gateway %s: %s', ([url, gatewayUrl, reason]) => {
  expect(decideExternalUrl(url, gatewayUrl)).toEqual({ ok: false, reason })
})
