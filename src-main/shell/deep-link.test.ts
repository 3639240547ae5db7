import fc from 'fast-check'
import { expect, test } from 'vitest'
import { desktopEvents } from '../../src-protocol/desktop-api.ts'
import { deepLinkIn, pageOf, parseDeepLink } from './deep-link.ts'

test.for([
  ['gatehouse://inbox', '/inbox'],
  ['gatehouse://inbox/', '/inbox'],
  ['gatehouse://inbox/apr_abcdefgh12345678', '/inbox/apr_abcdefgh12345678'],
  ['gatehouse://inbox/apr_abcdefgh12345678/', '/inbox/apr_abcdefgh12345678'],
  ['gatehouse://sessions/ses_abcdefgh12345678', '/sessions/ses_abcdefgh12345678'],
  ['gatehouse://recordings/ses_abcdefgh12345678', '/recordings/ses_abcdefgh12345678'],
  ['gatehouse://recordings', '/recordings'],
  ['gatehouse://recordings/ses_abcdefgh12345678/84', '/recordings/ses_abcdefgh12345678?seq=84'],
  ['gatehouse://recordings/ses_abcdefgh12345678/0/', '/recordings/ses_abcdefgh12345678?seq=0'],
  ['gatehouse://connections', '/connections'],
] as const)('%s opens %s', ([link, page]) => {
  const parsed = parseDeepLink(link)
  expect(parsed.ok && pageOf(parsed.target)).toBe(page)
})

test.for([
  ['', 'not-a-link'],
  ['https://gatehouse/inbox', 'not-a-link'],
  ['gatehouse:inbox', 'not-a-link'],
  ['GATEHOUSE://inbox', 'not-a-link'],
  ['javascript:alert(1)//gatehouse://inbox', 'not-a-link'],
  ['gatehouse://', 'unknown-page'],
  ['gatehouse://settings', 'unknown-page'],
  ['gatehouse://__proto__', 'unknown-page'],
  ['gatehouse://inbox/apr_short', 'malformed-id'],
  ['gatehouse://inbox/ses_abcdefgh12345678', 'malformed-id'],
  ['gatehouse://sessions/apr_abcdefgh12345678', 'malformed-id'],
  ['gatehouse://inbox/apr_abcdefgh12345678/approve', 'unexpected-part'],
  ['gatehouse://inbox/apr_abcdefgh12345678?decision=approve', 'unexpected-part'],
  ['gatehouse://inbox/apr_abcdefgh12345678#approve', 'unexpected-part'],
  ['gatehouse://inbox/%61pr_abcdefgh12345678', 'unexpected-part'],
  ['gatehouse://inbox/../settings', 'unexpected-part'],
  ['gatehouse://inbox\\apr_abcdefgh12345678', 'unexpected-part'],
  ['gatehouse://user:password@inbox', 'unexpected-part'],
  ['gatehouse://inbox:80', 'unexpected-part'],
  ['gatehouse://connections/orders', 'unexpected-part'],
  ['gatehouse://inbox\n', 'unexpected-part'],
  ['gatehouse://recordings/ses_abcdefgh12345678/-1', 'malformed-place'],
  ['gatehouse://recordings/ses_abcdefgh12345678/084', 'malformed-place'],
  ['gatehouse://recordings/ses_abcdefgh12345678/1e9', 'malformed-place'],
  ['gatehouse://recordings/ses_abcdefgh12345678/12345678901', 'malformed-place'],
  ['gatehouse://recordings/ses_abcdefgh12345678/84/proof', 'unexpected-part'],
  ['gatehouse://recordings//84', 'malformed-id'],
  ['gatehouse://sessions/ses_abcdefgh12345678/84', 'unexpected-part'],
  [`gatehouse://inbox/${'a'.repeat(200)}`, 'too-long'],
] as const)('%j is refused: %s', ([link, reason]) => {
  expect(parseDeepLink(link)).toEqual({ ok: false, reason })
})

test('no text makes it throw, and what it accepts is always a page that the contract lets through', () => {
  const pieces = [
    'gatehouse',
    '://',
    'inbox',
    'sessions',
    'recordings',
    'connections',
    '/',
    'apr_',
    'ses_',
    'abcdefgh12345678',
    '84',
    '?',
    '%00',
  ]
  const isPage = (parts: string[]) => {
    const parsed = parseDeepLink(parts.join(''))
    return !parsed.ok || desktopEvents['navigate:requested'].safeParse({ to: pageOf(parsed.target) }).success
  }
  const property = fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, fc.string())), isPage)
  expect(fc.check(property, { numRuns: 5000 })).toMatchObject({ failed: false })
})

test.for([
  [['electron', '.', 'gatehouse://inbox'], 'gatehouse://inbox'],
  [['electron', '.'], undefined],
  [['electron', 'gatehouse://inbox', 'gatehouse://sessions'], undefined],
] as const)('of the command line %j the link is %s', ([argv, link]) => {
  expect(deepLinkIn(argv)).toBe(link)
})
