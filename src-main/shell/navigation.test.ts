import { expect, test } from 'vitest'
import { decideNavigation } from './navigation.ts'

const here = 'app://gatehouse/#/inbox'

test.for(['app://gatehouse/', 'app://gatehouse/#/sessions'])('the page may load itself again: %s', (url) => {
  expect(decideNavigation(url, here)).toBe('allow')
})

test.for([
  'app://gatehouse/assets/index.js',
  'app://gatehouse/?x',
  'app://gatehouse.evil/',
  'app://other/',
  'https://gatehouse/',
  'https://example.com/#app://gatehouse/',
  'file:///etc/passwd',
  'data:text/html,x',
  'javascript:alert(1)',
  'about:blank',
  '',
])('it may not go to %j', (url) => {
  expect(decideNavigation(url, here)).toBe('deny')
})

test('a page that is not ours may go nowhere', () => {
  expect(decideNavigation('https://example.com/', 'https://example.com/')).toBe('deny')
})
