import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopEventName, DesktopEvents, DesktopState } from '../../src-protocol/desktop-api.ts'
import { desktopChannels } from '../../src-protocol/desktop-channels.ts'
import type { Approval, Person } from '../../src-protocol/model.ts'
import type { Desktop, DesktopHandlers } from '../../src-main/services/desktop.ts'
import type { z } from 'zod'

export interface DesktopDouble extends Desktop {
  state: DesktopState
  approvals: Approval[]
  /** calls in order: channel and input */
  calls: [channel: string, input: unknown][]
  emit<E extends DesktopEventName>(event: E, payload: z.output<DesktopEvents[E]>): void
  signIn(person: Person | undefined): void
}

/** The services behind the window, without a gateway: state and approvals are what the test says; the rest is SIGN_IN_REQUIRED. */
export function createDesktopDouble(overrides: Partial<DesktopHandlers> = {}): DesktopDouble {
  const listeners = new Map<DesktopEventName, Set<(payload: never) => void>>()
  const refused = Object.fromEntries(
    desktopChannels.map((channel) => [channel, () => Promise.reject(new AppError('SIGN_IN_REQUIRED'))]),
  ) as unknown as DesktopHandlers

  const double: DesktopDouble = {
    state: {
      version: '0.0.0',
      platform: process.platform,
      runtime: 'host',
      gateway: { url: 'http://127.0.0.1:7420', reachable: false },
      signIn: { state: 'signed-out' },
      tunnel: { state: 'closed', streams: 0 },
      preferences: { colorScheme: 'auto', notifications: true, libraryGigabytes: 20, gatewayUrl: 'http://127.0.0.1:7420' },
    },
    approvals: [],
    calls: [],
    handlers: refused,
    subscribe(event, listener) {
      const known = listeners.get(event) ?? new Set()
      listeners.set(event, known.add(listener))
      return () => known.delete(listener)
    },
    emit(event, payload) {
      for (const listener of listeners.get(event) ?? []) (listener as (payload: unknown) => void)(payload)
    },
    signIn(person) {
      double.state = {
        ...double.state,
        signIn: person ? { state: 'signed-in', person, expiresAt: '2027-01-01T00:00:00.000Z' } : { state: 'signed-out' },
      }
      double.emit('state:changed', double.state)
    },
    openFiles: (paths) => void double.calls.push(['openFiles', paths]),
    close: () => Promise.resolve(),
  }
  double.handlers = {
    ...refused,
    'state:get': () => Promise.resolve(double.state),
    'preferences:set': (change) => {
      double.state = { ...double.state, preferences: { ...double.state.preferences, ...change } }
      double.emit('state:changed', double.state)
      return Promise.resolve(double.state)
    },
    'approvals:list': () => Promise.resolve(double.approvals),
    'approvals:vote': (input) => {
      double.calls.push(['approvals:vote', input])
      const approval = double.approvals.find(({ id }) => id === input.approval)
      return approval ? Promise.resolve(approval) : Promise.reject(new AppError('NOT_FOUND', { what: input.approval }))
    },
    ...overrides,
  }
  return double
}
