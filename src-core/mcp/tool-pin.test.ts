import { describe, expect, test } from 'vitest'
import {
  decideTool,
  hashToDecide,
  isWaiting,
  noteListing,
  pinState,
  seeTool,
  whyHeld,
  type SightingContext,
  type ToolPin,
} from './tool-pin.ts'

const first: SightingContext = { at: 't1', era: 'stateful', listedBefore: false, newTools: 'accept' }
const later: SightingContext = { ...first, at: 't2', listedBefore: true }
const seen = (hash: string) => ({ name: 'query', hash, definition: `{"v":"${hash}"}` })
const pinned = seeTool(undefined, seen('a'), first).pin
const changed = seeTool(pinned, seen('b'), later).pin
const decision = (verdict: 'accept' | 'reject') => ({ decision: verdict, by: 'admin', at: 't3', reason: 'seen it' })

describe('the first sight', () => {
  test.for<[string, Partial<SightingContext>, string, 'new' | undefined]>([
    ['in the first list: pinned', {}, 'pinned', undefined],
    ['in the first list, although new tools are held: pinned', { newTools: 'hold' }, 'pinned', undefined],
    ['later: new, and used', { listedBefore: true }, 'new', undefined],
    ['later, where new tools are held', { listedBefore: true, newTools: 'hold' }, 'new', 'new'],
  ])('%s', ([, context, state, held]) => {
    const sighting = seeTool(undefined, seen('a'), { ...first, ...context })
    expect([sighting.event, pinState(sighting.pin), whyHeld(sighting.pin)]).toEqual(['pinned', state, held])
  })
})

describe('another definition', () => {
  test('waits beside the pinned one, and the tool is held', () => {
    expect(changed).toMatchObject({ hash: 'a', candidate: { hash: 'b', seenAt: 't2', rejected: false } })
    expect([pinState(changed), whyHeld(changed), isWaiting(changed), hashToDecide(changed)]).toEqual(['changed', 'changed', true, 'b'])
  })
  test('seen again is no news', () => {
    expect(seeTool(changed, seen('b'), later)).toEqual({ event: 'changed', again: true, pin: changed })
  })
  test('and a third one takes its place, never that of the pinned one', () => {
    expect(seeTool(changed, seen('c'), later)).toMatchObject({
      event: 'changed',
      again: false,
      pin: { hash: 'a', candidate: { hash: 'c' } },
    })
  })
  test('is forgotten when the pinned one is listed again', () => {
    const back = seeTool(changed, seen('a'), later)
    expect([back.event, back.pin]).toEqual(['restored', pinned])
  })
  test('the pinned one again and again is no news', () => {
    expect(seeTool(pinned, seen('a'), later)).toEqual({ event: 'none', pin: pinned })
  })
})

describe('an administrator', () => {
  test.for<[string, ToolPin, 'accept' | 'reject', Partial<ToolPin>, string, string | undefined]>([
    [
      'accepts a change: it takes the place of the pinned one',
      changed,
      'accept',
      { hash: 'b', definition: '{"v":"b"}' },
      'pinned',
      undefined,
    ],
    ['rejects a change: the pinned one stays, the tool stays held', changed, 'reject', { hash: 'a' }, 'rejected', 'rejected'],
    ['rejects a pinned tool', pinned, 'reject', { hash: 'a' }, 'rejected', 'rejected'],
    ['accepts it again', decideTool(pinned, decision('reject')), 'accept', { hash: 'a' }, 'pinned', undefined],
    ['accepts a new tool', seeTool(undefined, seen('a'), { ...later, newTools: 'hold' }).pin, 'accept', { hash: 'a' }, 'pinned', undefined],
    ['rejects a new tool', seeTool(undefined, seen('a'), { ...later, newTools: 'hold' }).pin, 'reject', {}, 'rejected', 'rejected'],
  ])('%s', ([, pin, verdict, expected, state, held]) => {
    const decided = decideTool(pin, decision(verdict))
    expect(decided).toMatchObject({ ...expected, decision: { by: 'admin' } })
    expect([pinState(decided), whyHeld(decided), isWaiting(decided)]).toEqual([state, held, false])
    if (verdict === 'accept') expect(decided.candidate).toBeUndefined()
  })

  test('a rejected definition stays rejected when it is listed again; another one waits anew', () => {
    const rejected = decideTool(changed, decision('reject'))
    expect(pinState(seeTool(rejected, seen('b'), later).pin)).toBe('rejected')
    expect(pinState(seeTool(rejected, seen('c'), later).pin)).toBe('changed')
    expect(whyHeld(seeTool(rejected, seen('a'), later).pin)).toBeUndefined()
  })

  test('a rejected tool that changes waits, and does not come back by itself', () => {
    const rejected = decideTool(pinned, decision('reject'))
    const other = seeTool(rejected, seen('b'), later).pin
    expect(pinState(other)).toBe('changed')
    expect(whyHeld(seeTool(other, seen('a'), later).pin)).toBe('rejected')
  })
})

describe('a tool that is not listed any more', () => {
  test('is missing when no era lists it, and not before', () => {
    const both = noteListing(pinned, true, 'stateless', 't2')
    const one = noteListing(both, false, 'stateful', 't3')
    expect(pinState(one)).toBe('pinned')
    const none = noteListing(one, false, 'stateless', 't4')
    expect([pinState(none), none.missingSince]).toEqual(['missing', 't4'])
    expect(pinState(noteListing(none, true, 'stateful', 't5'))).toBe('pinned')
  })
  test('what is no news gives the same pin', () => {
    expect(noteListing(pinned, true, 'stateful', 't2')).toBe(pinned)
    expect(noteListing(pinned, false, 'stateless', 't2')).toBe(pinned)
  })
})
