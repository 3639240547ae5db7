import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { AppError } from '../src-protocol/app-error.ts'
import { createAccessTokens, type AccessTokens, type GrantedToken } from './access-tokens.ts'

let now: number
let asked: PromiseWithResolvers<GrantedToken>[]
let seen: string[]
let tokens: AccessTokens

beforeEach(() => {
  now = 1_000_000
  asked = []
  seen = []
  tokens = createAccessTokens({
    server: 'db',
    request(signal) {
      const request = Promise.withResolvers<GrantedToken>()
      signal.addEventListener('abort', () => request.reject(unavailable('the session has ended')))
      asked.push(request)
      return request.promise
    },
    clock: { now: () => new Date(now) },
    log: pino({ level: 'silent' }),
    onToken: (token) => seen.push(token),
    random: () => 0,
  })
})
const unavailable = (problem: string) => new AppError('SERVER_TOKEN_UNAVAILABLE', { server: 'db', problem })

async function given(token: string, seconds?: number) {
  const waiting = tokens.obtain()
  asked.at(-1)?.resolve({ token, seconds })
  await waiting
}

test('one request for all who wait; it is known to the filter before anybody has it', async () => {
  const waiting = [tokens.obtain(), tokens.obtain()]
  expect([asked.length, tokens.current()]).toEqual([1, undefined])
  asked[0]?.resolve({ token: 'a', seconds: 100 })
  expect(await Promise.all(waiting)).toEqual(['a', 'a'])
  expect([seen, tokens.current()]).toEqual([['a'], 'a'])
})

test('near its end a new one is fetched while the old one still serves, once', async () => {
  await given('a', 100)
  now += 79_000
  expect([tokens.current(), asked.length]).toEqual(['a', 1])
  now += 2000
  expect([tokens.current(), tokens.current(), asked.length]).toEqual(['a', 'a', 2])
  asked[1]?.resolve({ token: 'b', seconds: 100 })
  await expect.poll(() => tokens.current()).toBe('b')
})

test('when the renewal fails the old one serves to its end, and not longer', async () => {
  await given('a', 100)
  now += 90_000
  expect(tokens.current()).toBe('a')
  asked[1]?.reject(unavailable('down'))
  await expect(tokens.obtain()).rejects.toMatchObject({ code: 'SERVER_TOKEN_UNAVAILABLE' })
  expect(tokens.current()).toBe('a')
  now += 9000
  expect(tokens.current()).toBeUndefined()
})

test('one without an end serves until it is refused', async () => {
  await given('a')
  now += 1e9
  expect([tokens.current(), asked.length]).toEqual(['a', 1])
  tokens.refused('another')
  expect(tokens.current()).toBe('a')
  tokens.refused('a')
  expect(tokens.current()).toBeUndefined()
  await given('b')
  expect(tokens.current()).toBe('b')
})

test('a failure stands for a moment, longer each time', async () => {
  const fails = async () => {
    const waiting = tokens.obtain()
    asked.at(-1)?.reject(unavailable('down'))
    await expect(waiting).rejects.toMatchObject({ data: { problem: 'down' } })
  }
  await fails()
  now += 499
  await expect(tokens.obtain()).rejects.toMatchObject({ data: { problem: 'down' } })
  expect(asked).toHaveLength(1)
  now += 2
  await fails()
  now += 501
  await fails()
  expect(asked).toHaveLength(2)
})

test('a token that is refused at once was never good: nobody asks for another one at once', async () => {
  await given('a')
  tokens.refused('a')
  await expect(tokens.obtain()).rejects.toMatchObject({ code: 'SERVER_UNAUTHORIZED' })
  expect(asked).toHaveLength(1)
})

test('the end is told to who waits', async () => {
  const waiting = tokens.obtain()
  tokens.close()
  await expect(waiting).rejects.toMatchObject({ code: 'SERVER_TOKEN_UNAVAILABLE' })
})
