import { expect, test } from 'vitest'
import { decideStart } from './decide-start.ts'

test.for([
  [['gatehouse'], {}, true],
  [['gatehouse', 'gatehouse://inbox'], { NODE_TLS_REJECT_UNAUTHORIZED: '1' }, true],
  [['electron', '--inspect=0', '--remote-debugging-port=0', '.'], {}, false],
] as const)('%j with %j starts (packaged: %s)', ([argv, env, packaged]) => {
  expect(decideStart({ argv, env, packaged })).toEqual({ ok: true })
})

test.for([
  [['gatehouse', '--ignore-certificate-errors'], {}, false, 'tls-checks-off'],
  [['gatehouse', '--ignore-certificate-errors-spki-list=x'], {}, true, 'tls-checks-off'],
  [['gatehouse'], { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, false, 'tls-checks-off'],
  [['gatehouse', '--remote-debugging-port=9222'], {}, true, 'debugging'],
  [['gatehouse', '--inspect'], {}, true, 'debugging'],
  [['gatehouse', '--js-flags=--allow-natives-syntax'], {}, true, 'debugging'],
] as const)('%j with %j does not start (packaged: %s)', ([argv, env, packaged, reason]) => {
  expect(decideStart({ argv, env, packaged })).toMatchObject({ ok: false, reason })
})
