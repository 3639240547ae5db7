import { describe, expect, test } from 'vitest'
import { accessSchedule, type AccessWindow, type Weekday } from '../../src-protocol/access.ts'
import { describeMoment, describeSchedule, scheduleAt } from './access-schedule.ts'

const everyDay: Weekday[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const weekdays = everyDay.slice(0, 5)
const berlin = (...windows: AccessWindow[]) => accessSchedule.parse({ zone: 'Europe/Berlin', windows })
const officeHours = berlin({ days: weekdays, from: '09:00', to: '17:00' })

function at(schedule: Parameters<typeof scheduleAt>[0], moment: string): string {
  const state = scheduleAt(schedule, new Date(moment))
  if (state.open) return `open until ${state.closesAt?.toISOString() ?? 'ever'}`
  return `closed until ${state.opensAt?.toISOString() ?? 'ever'}`
}

describe('a schedule', () => {
  test('without windows is always open', () => {
    expect(at(undefined, '2026-11-22T03:00:00Z')).toBe('open until ever')
  })

  // Berlin is one hour before UTC in winter
  test.each([
    ['2026-11-23T07:59:59.999Z', 'closed until 2026-11-23T08:00:00.000Z'],
    ['2026-11-23T08:00:00.000Z', 'open until 2026-11-23T16:00:00.000Z'],
    ['2026-11-23T15:59:59.999Z', 'open until 2026-11-23T16:00:00.000Z'],
    ['2026-11-23T16:00:00.000Z', 'closed until 2026-11-24T08:00:00.000Z'],
    // Friday evening to Monday morning
    ['2026-11-27T18:00:00.000Z', 'closed until 2026-11-30T08:00:00.000Z'],
    // the same hours are other moments in summer
    ['2026-07-06T07:00:00.000Z', 'open until 2026-07-06T15:00:00.000Z'],
  ])('of office hours at %s is %s', (moment, expected) => {
    expect(at(officeHours, moment)).toBe(expected)
  })

  test('across midnight belongs to the day on which it begins', () => {
    const night = berlin({ days: ['saturday'], from: '22:00', to: '02:00' })
    expect(at(night, '2026-11-28T21:00:00Z')).toBe('open until 2026-11-29T01:00:00.000Z')
    expect(at(night, '2026-11-29T00:59:00Z')).toBe('open until 2026-11-29T01:00:00.000Z')
    expect(at(night, '2026-11-29T01:00:00Z')).toBe('closed until 2026-12-05T21:00:00.000Z')
    // Friday night is not Saturday night
    expect(at(night, '2026-11-28T00:30:00Z')).toBe('closed until 2026-11-28T21:00:00.000Z')
  })

  test('windows that touch or overlap are one', () => {
    const shifts = berlin({ days: ['monday'], from: '18:00', to: '00:00' }, { days: ['tuesday'], from: '00:00', to: '06:00' })
    expect(at(shifts, '2026-11-23T20:00:00Z')).toBe('open until 2026-11-24T05:00:00.000Z')
    expect(at(berlin({ days: everyDay, from: '00:00', to: '00:00' }), '2026-11-23T20:00:00Z')).toBe('open until ever')
  })

  test('in other zones: with halves of hours, and on the other side of the date line', () => {
    const kolkata = accessSchedule.parse({ zone: 'Asia/Kolkata', windows: [{ days: ['monday'], from: '09:00', to: '10:00' }] })
    expect(at(kolkata, '2026-11-23T03:30:00Z')).toBe('open until 2026-11-23T04:30:00.000Z')
    const kiritimati = accessSchedule.parse({ zone: 'Pacific/Kiritimati', windows: [{ days: ['monday'], from: '00:00', to: '01:00' }] })
    expect(at(kiritimati, '2026-11-22T10:30:00Z')).toBe('open until 2026-11-22T11:00:00.000Z')
  })
})

describe('when clocks are put forward (29 March 2026 in Berlin: 02:00 becomes 03:00)', () => {
  test('a window over the gap is an hour shorter', () => {
    const window = berlin({ days: ['sunday'], from: '01:00', to: '04:00' })
    expect(at(window, '2026-03-29T00:00:00Z')).toBe('open until 2026-03-29T02:00:00.000Z')
  })

  test('a begin that is skipped is where the clock jumps to, and so is an end', () => {
    expect(at(berlin({ days: ['sunday'], from: '02:30', to: '04:00' }), '2026-03-29T00:59:59Z')).toBe(
      'closed until 2026-03-29T01:00:00.000Z',
    )
    expect(at(berlin({ days: ['sunday'], from: '01:00', to: '02:30' }), '2026-03-29T00:30:00Z')).toBe('open until 2026-03-29T01:00:00.000Z')
  })

  test('a window within the gap does not open that day', () => {
    expect(at(berlin({ days: ['sunday'], from: '02:10', to: '02:50' }), '2026-03-29T01:00:00Z')).toBe(
      'closed until 2026-04-05T00:10:00.000Z',
    )
  })

  test('a night that begins the day before ends with the new time', () => {
    const night = berlin({ days: ['saturday'], from: '22:00', to: '06:00' })
    expect(at(night, '2026-03-28T21:00:00Z')).toBe('open until 2026-03-29T04:00:00.000Z')
  })
})

describe('when clocks are put back (25 October 2026 in Berlin: 03:00 becomes 02:00)', () => {
  test('a window over the hour that comes twice is an hour longer', () => {
    expect(at(berlin({ days: ['sunday'], from: '01:00', to: '04:00' }), '2026-10-24T23:00:00Z')).toBe('open until 2026-10-25T03:00:00.000Z')
  })

  test('a window within that hour opens once, the first time', () => {
    const window = berlin({ days: ['sunday'], from: '02:10', to: '02:50' })
    expect(at(window, '2026-10-25T00:20:00Z')).toBe('open until 2026-10-25T00:50:00.000Z')
    // 02:20 for the second time
    expect(at(window, '2026-10-25T01:20:00Z')).toBe('closed until 2026-11-01T01:10:00.000Z')
  })

  test('an end that comes twice closes the first time', () => {
    expect(at(berlin({ days: ['sunday'], from: '01:00', to: '02:30' }), '2026-10-25T00:00:00Z')).toBe('open until 2026-10-25T00:30:00.000Z')
  })
})

test('a zone that does not exist, or a time that is none, is no schedule', () => {
  const windows = [{ days: ['monday'], from: '09:00', to: '17:00' }]
  expect(accessSchedule.safeParse({ zone: 'Europe/Berlim', windows }).success).toBe(false)
  expect(accessSchedule.safeParse({ zone: 'Europe/Berlin', windows: [{ days: ['monday'], from: '9:00', to: '24:00' }] }).success).toBe(
    false,
  )
  expect(accessSchedule.safeParse({ zone: 'Europe/Berlin', windows: [] }).success).toBe(false)
})

test('schedules and moments have words', () => {
  expect(describeSchedule(officeHours)).toBe('Monday to Friday 09:00–17:00 (Europe/Berlin)')
  expect(describeSchedule(berlin({ days: ['sunday', 'saturday'], from: '22:00', to: '02:00' }))).toBe(
    'Saturday, Sunday 22:00–02:00 (Europe/Berlin)',
  )
  expect(describeSchedule(berlin({ days: everyDay, from: '00:00', to: '00:00' }))).toBe('every day from 00:00 for a day (Europe/Berlin)')
  expect(describeMoment(new Date('2026-11-23T08:00:00Z'), 'Europe/Berlin')).toBe('Monday 23 November, 09:00 (Europe/Berlin)')
})
