import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applicationOrigin } from './application-origin.ts'
import { parseApplicationPath } from './application-path.ts'

test.for([
  ['app://gatehouse', 'index.html'],
  ['app://gatehouse/', 'index.html'],
  ['app://gatehouse/index.html', 'index.html'],
  ['app://gatehouse/#/inbox/apr_abcdefgh12345678', 'index.html'],
  ['app://gatehouse/?text=a/../b#x', 'index.html'],
  ['app://gatehouse/assets/', 'assets'],
  ['app://gatehouse/assets/index-B1c_2-x.js', 'assets/index-B1c_2-x.js'],
  ['app://gatehouse/assets/inter-latin.wght.woff2', 'assets/inter-latin.wght.woff2'],
] as const)('%s is the file %s', ([url, file]) => {
  expect(parseApplicationPath(url)).toEqual({ ok: true, file })
})

test.for([
  ['app://gatehouse/../package.json', 'traversal'],
  ['app://gatehouse/assets/../../main/index.js', 'traversal'],
  ['app://gatehouse/./index.html', 'traversal'],
  ['app://gatehouse/%2e%2e/package.json', 'encoded'],
  ['app://gatehouse/%2E%2E/package.json', 'encoded'],
  ['app://gatehouse/..%2fpackage.json', 'encoded'],
  ['app://gatehouse/assets%2f..%2f..%2fpackage.json', 'encoded'],
  ['app://gatehouse/..%5cpackage.json', 'encoded'],
  ['app://gatehouse/%00', 'encoded'],
  ['app://gatehouse/index.html%00.js', 'encoded'],
  ['app://gatehouse/index.html\0.js', 'characters'],
  ['app://gatehouse/..\\package.json', 'characters'],
  ['app://gatehouse/assets\\..\\..\\package.json', 'characters'],
  ['app://gatehouse\\..\\package.json', 'other-origin'],
  ['app://gatehouse//etc/passwd', 'characters'],
  ['app://gatehouse/.env', 'characters'],
  ['app://gatehouse/assets/.hidden/x.js', 'characters'],
  ['app://gatehouse/a b.js', 'characters'],
  ['app://gatehouse/con:x.js', 'characters'],
  ['app://other/index.html', 'other-origin'],
  ['app://gatehouse.evil/index.html', 'other-origin'],
  ['app://gatehouse:81/index.html', 'other-origin'],
  ['app://user@gatehouse/index.html', 'other-origin'],
  ['app://gatehouse@evil/index.html', 'other-origin'],
  ['https://gatehouse/index.html', 'other-origin'],
  ['file:///etc/passwd', 'other-origin'],
  ['index.html', 'other-origin'],
  ['', 'other-origin'],
  [`app://gatehouse/${'a'.repeat(2001)}`, 'too-long'],
] as const)('%j is refused: %s', ([url, reason]) => {
  expect(parseApplicationPath(url)).toEqual({ ok: false, reason })
})

test('whatever is asked for, the file is a plain path below the folder', () => {
  const pieces = fc.constantFrom('/', '\\', '..', '.', '%2e', '%2f', '%5c', '%00', '\0', 'assets', 'a.js', ':', '@', '?', '#', ' ', 'é')
  const isPlain = (file: string) => /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*$/.test(file)
  const accepts = (parts: string[]) => {
    const parsed = parseApplicationPath(applicationOrigin + parts.join(''))
    return !parsed.ok || isPlain(parsed.file)
  }
  const property = fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }), accepts)
  expect(fc.check(property, { numRuns: 3000 })).toMatchObject({ failed: false })
})
