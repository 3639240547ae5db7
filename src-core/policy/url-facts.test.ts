import { describe, expect, test } from 'vitest'
import { urlFacts } from './url-facts.ts'

test('the parts of an address', () => {
  expect(urlFacts('https://Example.com/a/../b?c=d#e')).toEqual({
    scheme: 'https',
    host: 'example.com',
    port: 443,
    path: '/b',
    query: 'c=d',
    private: false,
    doubtful: false,
  })
  expect(urlFacts('http://example.com:8080/').port).toBe(8080)
  expect(urlFacts('https://[2606:4700::1111]:8443/')).toMatchObject({ host: '2606:4700::1111', port: 8443, private: false })
})

describe('what is not public', () => {
  test.each([
    'http://localhost/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://printer/',
    'http://wiki.corp/',
    'http://metadata.google.internal/',
    'http://localhost./',
    'http://ⓛocalhost/',
    'http://１２７.0.0.1/',
    'file:///etc/passwd',
    'not a url',
    '//example.com/',
    `https://example.com/${'a'.repeat(9000)}`,
  ])('%s', (text) => {
    expect(urlFacts(text).private).toBe(true)
  })

  test.each(['https://example.com/', 'https://8.8.8.8/', 'https://172.32.0.1/', 'https://100.128.0.1/', 'https://[2a00::1]/'])(
    '%s is',
    (text) => {
      expect(urlFacts(text).private).toBe(false)
    },
  )
})

describe('what other programs could read as another address', () => {
  test.each([
    'https://good.example\\@evil.example/',
    'https://good.example@evil.example/',
    'https:\\\\evil.example',
    'https://evil.example\t/',
    ' https://evil.example/',
    'https:/evil.example/',
    'http://0x7f.0.0.1/',
    'http://2130706433/',
    'https://exam\u00adple.com/',
    'https://ｅxample.com/',
    'https://%65xample.com/',
    'https://example.com./',
    'javascript:alert(1)//\u202e',
    'example.com',
    'https://good.example#@evil.example',
    'https://good.example?@evil.example',
    'https://good.example/%0d%0aX-Y:z',
    'https://good.example/a%00.png',
  ])('%j is in doubt', (text) => {
    expect(urlFacts(text).doubtful).toBe(true)
  })

  test.each([
    'https://example.com/a%20b?x=1',
    'https://example.com/?text=a%0Ab',
    'https://example.com/@ada',
    'https://EXAMPLE.com',
    'https://example.com:443/',
    'mailto:a@example.com',
  ])('%j is not', (text) => {
    expect(urlFacts(text).doubtful).toBe(false)
  })
})
