import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createApplicationFiles } from './application-files.ts'

const home = mkdtempSync(join(tmpdir(), 'gatehouse-files-'))
const folder = join(home, 'renderer')
mkdirSync(join(folder, 'assets'), { recursive: true })
writeFileSync(join(home, 'secret.js'), 'secret')
writeFileSync(join(folder, 'index.html'), '<meta name="csp-nonce" content="" /><script src="/assets/a.js"></script>')
writeFileSync(join(folder, 'assets', 'a.js'), 'run()')
writeFileSync(join(folder, 'assets', 'a.exe'), 'no')
symlinkSync(join(home, 'secret.js'), join(folder, 'assets', 'link.js'))
symlinkSync(home, join(folder, 'outside'))
symlinkSync(join(folder, 'assets', 'a.js'), join(folder, 'assets', 'inner.js'))
afterAll(() => rmSync(home, { recursive: true }))

const respond = createApplicationFiles(folder)
const get = (path: string) => respond({ url: `app://gatehouse${path}`, method: 'GET' })

test('a file comes with its type and the policy', async () => {
  const response = await get('/assets/a.js')
  expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([
    200,
    'run()',
    'text/javascript; charset=utf-8',
  ])
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; /)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

test('the nonce in the page is the one in its policy, and new each time', async () => {
  const nonceOf = async () => {
    const response = await get('/')
    const nonce = /content="([^"]+)"/.exec(await response.text())?.[1]
    expect(response.headers.get('content-security-policy')).toContain(`style-src 'self' 'nonce-${nonce}'`)
    return nonce
  }
  const [first, second] = [await nonceOf(), await nonceOf()]
  expect(first).toMatch(/^[\w-]{22}$/)
  expect(first).not.toBe(second)
})

test('a link inside the folder is followed', async () => {
  expect((await get('/assets/inner.js')).status).toBe(200)
})

test.for([
  ['a link to a file outside', '/assets/link.js', 404],
  ['a file behind a link to a folder outside', '/outside/secret.js', 404],
  ['a file that is not there', '/assets/none.js', 404],
  ['a type that pages have no use for', '/assets/a.exe', 404],
  ['a way out', '/../secret.js', 403],
  ['a folder', '/assets/', 404],
  ['a page that is none', '/inbox/apr_abcdefgh12345678', 404],
] as const)('%s is refused', async ([, path, status]) => {
  expect((await get(path)).status).toBe(status)
})

test('only GET is answered', async () => {
  expect((await respond({ url: 'app://gatehouse/', method: 'POST' })).status).toBe(405)
})
