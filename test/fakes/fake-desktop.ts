/** A double of `window.gatehouse`: the whole contract in memory, with realistic example data, selectable by scenario. */
import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopBridge, DesktopEventName, DesktopState, ReviewerKeyState } from '../../src-protocol/desktop-api.ts'
import { fakeBreakGlass } from './fake-break-glass.ts'
import { fakeMaskingTrial } from './fake-masking-trial.ts'
import { droppedFiles } from './dropped-files.ts'
import { fakeWitnesses } from './fake-witnesses.ts'
import { fakeDownloads } from './fake-downloads.ts'
import { fakeActions } from './fake-actions.ts'
import { fakeOverview } from './fake-overview.ts'
import { fakeRetention } from './fake-retention.ts'
import { fakeWatch } from './fake-watch.ts'
import { fakeLibrary, fakeLibraryRows, forkedLog, manyLibraryRows, manyReplayRows } from './fake-recordings.ts'
import { ago, days, fakeHex, minutes, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'

type Listener = (payload: never) => void

export interface FakeDesktop extends DesktopBridge {
  /** pushes an event to the window, as main would */
  emit: (event: DesktopEventName, payload: unknown) => void
  /** what was put on the clipboard, the latest last */
  clipboard: string[]
}

/** Channels that answer with the gateway's help: they fail offline. */
const needsGateway =
  /^(connections|agents|sessions|tester|approvals|delegations|access|break-glass|people|retention|policies|watch|overview|controls):/

export function createFakeDesktop(setting: FakeSetting): FakeDesktop {
  const listeners = new Map<DesktopEventName, Set<Listener>>()
  const clipboard: string[] = []
  const emit = (event: DesktopEventName, payload: unknown): void => {
    for (const listener of listeners.get(event) ?? []) listener(payload as never)
  }
  const handlers = createHandlers(setting, emit, clipboard)

  return {
    clipboard,
    emit,
    async invoke(channel, ...input) {
      if (setting.scenario === 'loading' && channel !== 'state:get') return new Promise(() => undefined)
      try {
        if (setting.scenario === 'offline' && needsGateway.test(channel))
          throw new AppError('GATEWAY_UNREACHABLE', { gateway: 'gate.acme.example' })
        if (
          setting.scenario === 'error' &&
          /:(list|tools|overview|rules|standings|reach|access-review)$|^(overview|controls|retention):(get|sessions|approvals)$/.test(
            channel,
          )
        )
          throw new AppError('INTERNAL', { where: 'the gateway', reference: 'req_7Yk2mQ' })
        const handler = handlers[channel]
        return { ok: true, value: await handler(input[0] as never) }
      } catch (error) {
        const { code, message, remedy, data } =
          error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the double', reference: String(error) })
        return { ok: false, error: { code, message, remedy, data: { ...data } } }
      }
    },
    async openFiles(files) {
      emit('library:import-changed', droppedFiles(files as readonly File[]))
      return { ok: true, value: undefined }
    },
    subscribe(event, listener) {
      const set = listeners.get(event) ?? new Set<Listener>()
      listeners.set(event, set.add(listener))
      return () => void set.delete(listener)
    },
  }
}

function createHandlers(setting: FakeSetting, emit: FakeDesktop['emit'], clipboard: string[]): FakeHandlers {
  const { scenario } = setting
  let state = initialState(setting)
  let reviewerKey: ReviewerKeyState = { sealed: true }
  const change = (values: Partial<DesktopState>): DesktopState => {
    state = { ...state, ...values }
    emit('state:changed', state)
    return state
  }
  const rows = scenario === 'empty' ? [] : scenario === 'too-much' ? manyLibraryRows(1042) : fakeLibraryRows()
  const library = fakeLibrary({
    offline: scenario === 'offline' || scenario === 'signed-out',
    rows,
    ...(scenario === 'alarm' ? { verification: ({ records }) => forkedLog(records) } : {}),
    ...(scenario === 'too-much' ? { replayRows: manyReplayRows(100_000) } : {}),
  })
  const actions = fakeActions(setting, emit)
  const glass = fakeBreakGlass(setting, () => emit('break-glass:changed', {}))
  let cancelStepUp: ((error: AppError) => void) | undefined
  /** as if the browser were open, until it is cancelled or half a minute has passed */
  const signInAnew = async (): Promise<void> => {
    if (state.signIn.state !== 'signed-in') throw new AppError('SIGN_IN_REQUIRED')
    const { stepUp: _, ...signIn } = state.signIn
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    cancelStepUp = reject
    change({ signIn: { ...signIn, stepUp: { url: `${waiting.url}&max_age=300` } } })
    const timer = setTimeout(resolve, 30_000)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      cancelStepUp = undefined
      change({ signIn })
    }
  }
  return {
    'state:get': () => state,
    'preferences:set': (preferences) => change({ preferences: { ...state.preferences, ...preferences } }),
    'clipboard:write': (text) => void clipboard.push(text),
    'reviewer-key:get': () => reviewerKey,
    'reviewer-key:create': () => (reviewerKey = { key: `ES256.${'x'.repeat(43)}.${'y'.repeat(43)}`, sealed: true }),
    'profile:open-another': () => undefined,
    'identity:sign-in': () => change({ signIn: waiting }),
    'identity:cancel-sign-in': () => {
      cancelStepUp?.(new AppError('SIGN_IN_CANCELLED'))
      return state.signIn.state === 'waiting' ? change({ signIn: { state: 'signed-out' } }) : state
    },
    'identity:sign-out': () => change({ signIn: { state: 'signed-out' } }),
    'masking:try': fakeMaskingTrial,
    ...library,
    ...fakeWitnesses(scenario),
    ...fakeDownloads(scenario, { rows: () => rows, remove: (session) => void library['library:remove'](session) }, emit),
    ...actions,
    ...fakeWatch(setting, emit),
    ...fakeRetention(setting),
    ...fakeOverview(setting, () => actions['access:overview'](undefined)),
    ...glass,
    async 'break-glass:open'(input) {
      await signInAnew()
      return glass['break-glass:open'](input)
    },
    async 'approvals:vote'(ballot) {
      const { digestInput } = await actions['approvals:get'](ballot.approval)
      if (ballot.decision === 'approve' && digestInput.stepUp !== undefined) await signInAnew()
      return actions['approvals:vote'](ballot)
    },
  }
}

const waiting = {
  state: 'waiting',
  url: 'https://gate.acme.example/oidc/auth?client_id=gatehouse-desktop&response_type=code&code_challenge_method=S256&state=Yk2mQ9',
} as const

function initialState({ scenario, person, now }: FakeSetting): DesktopState {
  const offline = scenario === 'offline'
  const signedOut = scenario === 'signed-out' || offline
  const noTunnel = signedOut || scenario === 'waiting'
  return {
    version: '0.1.0',
    platform: 'linux',
    runtime: 'host',
    gateway: { url: 'https://gate.acme.example', reachable: !offline, lastReachedAt: ago(now, offline ? days(1) : 3) },
    signIn: signedOut
      ? { state: 'signed-out' }
      : scenario === 'waiting'
        ? waiting
        : { state: 'signed-in', person, expiresAt: ago(now, -minutes(4)) },
    tunnel: noTunnel ? { state: 'closed', streams: 0 } : { state: 'open', streams: person.roles.includes('operator') ? 2 : 0 },
    pinned: {
      origin: 'gate.acme.example/log',
      size: offline ? 48_140 : 48_211,
      root: `9f3c${fakeHex('root', 56)}a17e`,
      seenAt: ago(now, offline ? days(1) : 12),
      note: `gate.acme.example/log\n${offline ? 48_140 : 48_211}\nnzyhfjQzJ1Rr0m0Y0Zf0qkqk7tq0d0xqkXhR0VYvoX4=\n\n— gate.acme.example/log p/MR0Lt7v1zWQ0m8bYV8wq3r6vXbY0n4tqk5x2\n`,
    },
    ...(scenario === 'alarm' ? { unwitnessed: ['witness.example/w2'] } : {}),
    ...(scenario === 'alarm' ? { alarm: 'The checkpoint of size 48,211 does not extend the pinned one of size 48,140.' } : {}),
    preferences: { colorScheme: 'auto', notifications: true, libraryGigabytes: 20, gatewayUrl: 'https://gate.acme.example' },
  }
}
