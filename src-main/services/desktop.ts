import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopState } from '../../src-protocol/desktop-api.ts'
import type { Push } from '../../src-protocol/push.ts'
import { version as ownVersion } from '../../src-protocol/version.ts'
import { isSecureOrLoopback } from '../../src-node/loopback.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import { fitsItsDigest } from '../../src-core/approval/fits-its-digest.ts'
import { breakGlassHandlers } from './desktop/break-glass-handlers.ts'
import { accessHandlers } from './desktop/access-handlers.ts'
import { createCheckpointWatch, type CheckpointWatch } from './desktop/checkpoint-watch.ts'
import { downloadHandlers, measureRoom } from './desktop/download-handlers.ts'
import { createDesktopEmitter, type DesktopEmitter } from './desktop/desktop-emitter.ts'
import { checkInput } from './desktop/check-input.ts'
import type { CheckedHandlers, DesktopHandlers, DesktopPorts } from './desktop/desktop-ports.ts'
import { delegationHandlers } from './desktop/delegation-handlers.ts'
import { evidenceHandlers } from './desktop/evidence-handlers.ts'
import { gatewayHandlers } from './desktop/gateway-handlers.ts'
import { overviewHandlers } from './desktop/overview-handlers.ts'
import { witnessHandlers } from './desktop/witness-handlers.ts'
import { retentionHandlers } from './desktop/retention-handlers.ts'
import { watchHandlers } from './desktop/watch-handlers.ts'
import { createSessionWatching } from './session-watching.ts'
import { libraryHandlers } from './desktop/library-handlers.ts'
import { createLibraryImports } from './desktop/library-imports.ts'
import { openDownloadStore } from './downloads/download-store.ts'
import { createDownloads } from './downloads/downloads.ts'
import { openLibraryThreads } from './library/library-threads.ts'
import { openLiveAccess, type LiveAccess } from './live-access.ts'
import { openReviewerKey, type ReviewerKey } from './reviewer-key.ts'
import { createMaskingTrials } from './masking/masking-trials.ts'
import { createTester } from './tester.ts'

export type { DesktopHandlers, DesktopPorts } from './desktop/desktop-ports.ts'

export interface Desktop {
  handlers: DesktopHandlers
  /** returns its clean-up */
  subscribe: DesktopEmitter['subscribe']
  /** files that were opened with the application, or dropped on it; what becomes of them is told by `library:import-changed` */
  openFiles(paths: readonly string[]): void
  close(): Promise<void>
}

/** how long changes are gathered before the window is told: it draws no faster */
const gatherMs = 30
/** how often a gateway that is away is asked again while nobody is signed in */
const probeMs = 30_000

/** Everything behind the window. The library works with no gateway and nobody signed in; the rest says what it lacks. */
export function createDesktop(ports: DesktopPorts): Desktop {
  const { preferences, clock, log, scheduler = systemScheduler } = ports
  const events = createDesktopEmitter()
  mkdirSync(ports.userData, { recursive: true })
  const library = openLibraryThreads({ file: join(ports.userData, 'library.sqlite'), log })
  const maskingTrials = createMaskingTrials()
  const imports = createLibraryImports({ library, tell: (importing) => events.emit('library:import-changed', importing) })
  const tester = createTester({ access: (session) => live.access.endpoint.access(session) })
  let heldKey: ReviewerKey | undefined
  /** opened when it is needed: few people have one */
  const reviewerKey = () => (heldKey ??= openReviewerKey(join(ports.userData, 'reviewer-key.json'), ports.secretStore?.()))
  let cancelGathering: (() => void) | undefined
  let cancelProbe = () => {}
  let closed = false

  const changed = () => {
    if (closed) return
    cancelGathering ??= scheduler.after(gatherMs, () => {
      cancelGathering = undefined
      events.emit('state:changed', state())
      downloads.kick()
    })
  }

  function onPush(push: Push) {
    switch (push.type) {
      case 'approval':
        if (fitsItsDigest(push.approval)) return events.emit('approval:changed', push.approval)
        return log.error({ approval: push.approval.id }, 'a request shows something else than its digest covers: it is not shown')
      case 'session':
        if (push.session.state === 'ended') tester.forget(push.session.id)
        return events.emit('session:changed', push.session)
      case 'call':
        return events.emit('call:changed', push.call)
      case 'connections':
        return events.emit('connections:changed', {})
      case 'policies':
        return events.emit('policies:changed', {})
      case 'storage':
        return events.emit('storage:changed', {})
      case 'delegations':
        return events.emit('delegations:changed', {})
      case 'access':
        return events.emit('access:changed', {})
      case 'break-glass':
        return events.emit('break-glass:changed', {})
      case 'checkpoint':
        return live.checkpoints.seen(push.note)
      case 'renewed':
        return undefined
    }
  }

  function open(gatewayUrl: string): { access: LiveAccess; checkpoints: CheckpointWatch } {
    const access = openLiveAccess({ gatewayUrl, openBrowser: ports.openBrowser, clock, log, scheduler, onPush, onChange: changed })
    const checkpoints = createCheckpointWatch({ gatewayUrl, api: access.api, library, log, onChange: changed })
    return { access, checkpoints }
  }

  /** Tells whether the gateway is there, before anybody signs in. A tunnel knows by itself. */
  function probe() {
    cancelProbe()
    if (closed) return
    cancelProbe = scheduler.after(probeMs, probe)
    if (live.access.tunnel.state !== 'open' || live.checkpoints.hasWitnesses) void live.checkpoints.refresh()
  }

  function state(): DesktopState {
    const { access, checkpoints } = live
    const { gatewayUrl, reachable, lastReachedAt, identity, tunnel } = access
    return {
      version: ports.version ?? ownVersion,
      platform: process.platform,
      runtime: ports.runtime,
      gateway: { url: gatewayUrl, reachable, lastReachedAt },
      signIn: identity.state,
      tunnel: { state: tunnel.state, streams: tunnel.streams },
      pinned: checkpoints.pinned,
      alarm: checkpoints.alarm,
      ...(checkpoints.unwitnessed.length > 0 && { unwitnessed: [...checkpoints.unwitnessed] }),
      preferences: preferences.get(),
    }
  }

  async function changeGateway(gatewayUrl: string) {
    const previous = live.access
    await previous.identity.signOut()
    await tester.close()
    await previous.close()
    live = open(gatewayUrl)
    probe()
  }

  let live = open(preferences.get().gatewayUrl)
  probe()

  const parts = join(ports.userData, 'downloads')
  const room = () => measureRoom({ library, parts, limitBytes: preferences.get().libraryGigabytes * 1e9 })
  const downloads = createDownloads({
    store: openDownloadStore(join(ports.userData, 'downloads.sqlite')),
    folder: parts,
    library,
    room,
    gateway: () => {
      const { gatewayUrl, api, identity } = live.access
      return { url: gatewayUrl, api, signedIn: identity.state.state === 'signed-in' }
    },
    refreshCheckpoint: () => live.checkpoints.refresh(),
    scheduler,
    log,
    tell: (downloading) => events.emit('downloads:changed', downloading),
  })
  downloads.kick()

  const reviewerKeyState = () => {
    const { text, sealed } = reviewerKey()
    return { ...(text !== undefined && { key: text }), sealed }
  }

  const watching = createSessionWatching({
    tunnel: () => live.access.tunnel,
    scheduler,
    onChanged: (session) => events.emit('watch:changed', { session }),
  })

  const handlers: CheckedHandlers = {
    'state:get': async () => state(),
    async 'preferences:set'(change) {
      const gatewayUrl = change.gatewayUrl === undefined ? undefined : checkedGatewayUrl(change.gatewayUrl)
      preferences.set({ ...change, ...(gatewayUrl !== undefined && { gatewayUrl }) })
      if (gatewayUrl !== undefined && gatewayUrl !== live.access.gatewayUrl) await changeGateway(gatewayUrl)
      changed()
      return state()
    },
    async 'clipboard:write'(text) {
      ports.writeClipboard(text)
      return undefined
    },
    'reviewer-key:get': async () => reviewerKeyState(),
    async 'reviewer-key:create'() {
      reviewerKey().create()
      return reviewerKeyState()
    },
    async 'profile:open-another'() {
      ports.openAnotherProfile()
      return undefined
    },

    async 'identity:sign-in'() {
      try {
        await live.access.identity.signIn()
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'SIGN_IN_CANCELLED') throw error
      }
      void live.checkpoints.refresh()
      return state()
    },
    async 'identity:cancel-sign-in'() {
      live.access.identity.cancel()
      return state()
    },
    async 'identity:sign-out'() {
      await live.access.identity.signOut()
      return state()
    },
    ...gatewayHandlers({ access: () => live.access, tester, clock, reviewerKey }),
    ...breakGlassHandlers({ access: () => live.access, clock, reviewerKey }),
    ...accessHandlers({ access: () => live.access, clock }),
    ...delegationHandlers({ access: () => live.access, clock }),
    'masking:try': (trial) => maskingTrials.run(trial),
    ...evidenceHandlers({ api: () => live.access.api, chooseFolder: ports.chooseFolder }),
    ...retentionHandlers(() => live.access),
    ...watchHandlers(watching),
    ...overviewHandlers({ api: () => live.access.api, chooseFolder: ports.chooseFolder }),
    ...witnessHandlers({ library, gatewayUrl: () => live.access.gatewayUrl, refreshCheckpoint: () => live.checkpoints.refresh() }),
    ...downloadHandlers({ downloads, library, room }),
    ...libraryHandlers({
      access: () => live.access,
      library,
      imports,
      fetchNow: (session) => downloads.fetchNow(session),
      chooseFolder: ports.chooseFolder,
      chooseFile: ports.chooseFile,
      refreshCheckpoint: () => live.checkpoints.refresh(),
    }),
  }

  return {
    handlers: checkInput(handlers),
    subscribe: (event, listener) => events.subscribe(event, listener),
    openFiles: (paths) => imports.open(paths),
    async close() {
      closed = true
      cancelGathering?.()
      cancelProbe()
      await downloads.close()
      watching.close()
      await tester.close()
      await live.access.identity.signOut()
      await live.access.close()
      await maskingTrials.close()
      await library.close()
    },
  }
}

/** @throws AppError INVALID_REQUEST */
function checkedGatewayUrl(text: string): string {
  if (!URL.canParse(text)) throw new AppError('INVALID_REQUEST', { problem: 'the address of the gateway is not a URL' })
  const url = new URL(text)
  if (!isSecureOrLoopback(url)) {
    throw new AppError('INVALID_REQUEST', { problem: 'the address of the gateway must start with https, except on this computer' })
  }
  return url.href.replace(/\/+$/, '')
}
