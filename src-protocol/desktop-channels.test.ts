import { expect, test } from 'vitest'
import { desktopContract, desktopEvents } from './desktop-api.ts'
import { desktopChannels, desktopEventNames, isDesktopChannel, isDesktopEvent } from './desktop-channels.ts'

test('the plain lists are exactly the contract', () => {
  expect(desktopChannels).toEqual(Object.keys(desktopContract))
  expect(desktopEventNames).toEqual(Object.keys(desktopEvents))
})

test.for(['state:get ', 'STATE:GET', 'constructor', '__proto__', 'toString', '', undefined, null, 7, {}, ['state:get']])(
  'a foreign name is refused: %j',
  (name) => {
    expect(isDesktopChannel(name)).toBe(false)
    expect(isDesktopEvent(name)).toBe(false)
  },
)

test('a channel is not an event', () => {
  expect(isDesktopChannel('state:get')).toBe(true)
  expect(isDesktopEvent('state:get')).toBe(false)
  expect(isDesktopEvent('state:changed')).toBe(true)
  expect(isDesktopChannel('state:changed')).toBe(false)
})
