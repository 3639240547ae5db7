import { mkdirSync } from 'node:fs'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { DownloadFilter, DownloadsState, LibraryRoom } from '../../../src-protocol/downloads.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Logger } from '../../../src-node/logger.ts'
import type { Scheduler } from '../../../src-node/scheduler.ts'
import type { GatewayApi } from '../gateway-api.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'
import { sizeInLibrary, whyNoRoom } from './decide-room.ts'
import type { DownloadStore, QueuedDownload } from './download-store.ts'
import { dropPart, fetchRecording } from './fetch-recording.ts'

/** Recordings on their way from the gateway into the library, one after the other. */
export interface Downloads {
  readonly state: DownloadsState
  addMatching(filter: DownloadFilter): void
  add(sessions: readonly SessionId[]): void
  pause(): void
  resume(): void
  /** what was not fetched yet is forgotten, and what had come of it removed */
  cancel(): Promise<void>
  retry(): void
  dismiss(): Promise<void>
  /**
   * Fetches one now, whatever waits. One that does not verify is kept and shown as failed: somebody asked for this one and looks at it.
   * @throws AppError LIBRARY_FULL, DISK_FULL, or what the gateway answered
   */
  fetchNow(session: SessionId): Promise<void>
  /** the gateway may be there again, or another one */
  kick(): void
  close(): Promise<void>
}

/** how one recording is fetched */
interface Way {
  url: string
  api: Pick<GatewayApi, 'call'>
  goOn: () => boolean
  /** whether one that does not verify is kept, and shown as such */
  keepsFailed: boolean
}

export interface DownloadsPorts {
  store: DownloadStore
  /** where parts lie until they are whole */
  folder: string
  library: Pick<RemoteLibrary, 'proofStates' | 'keepDownload'>
  room: () => Promise<LibraryRoom & { recordedBytes: number }>
  /** the gateway that is asked now, and whether somebody is signed in to it */
  gateway: () => { url: string; api: Pick<GatewayApi, 'call'>; signedIn: boolean }
  /** joins the proofs that came with the pinned checkpoint, while the gateway can be asked */
  refreshCheckpoint: () => Promise<void>
  scheduler: Scheduler
  log: Pick<Logger, 'warn' | 'error'>
  tell: (state: DownloadsState) => void
}

/** how long changes are gathered before the window is told */
const gatherMs = 150
/** until a gateway that is away is asked again, if nothing says before that it is back */
const retryMs = 15_000
const listedAtOnce = 50
/** after so many the proofs are joined with the pinned checkpoint, also if many more wait */
const refreshedAfter = 100

/** Passing troubles: the queue waits and goes on by itself. */
const passing: ReadonlySet<string> = new Set(['GATEWAY_UNREACHABLE', 'SIGN_IN_REQUIRED', 'TOKEN_EXPIRED', 'TOKEN_INVALID', 'PROOF_INVALID'])
/** Troubles that every other recording would have too: the queue stops until somebody has done something about them. */
const stopping: ReadonlySet<string> = new Set(['LIBRARY_FULL', 'DISK_FULL', 'FILE_UNWRITABLE', 'FORBIDDEN', 'LOG_UNAVAILABLE'])

export function createDownloads(ports: DownloadsPorts): Downloads {
  const { store, folder, library, scheduler, log } = ports
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let working: Promise<void> | undefined
  let closed = false
  /** a change of plan: what is under way stops at its next part */
  let plan = 0
  let phase: 'idle' | 'listing' | 'running' | 'waiting' = 'idle'
  let problem: AppError | undefined
  let current: { session: SessionId; done: number; known: boolean } | undefined
  let cancelTelling: (() => void) | undefined
  let cancelRetry: (() => void) | undefined

  const gatewayUrl = (): string => ports.gateway().url

  function state(): DownloadsState {
    const { total, done, failed, bytes, unsearched } = store.counts(gatewayUrl())
    const open = total > done + failed || store.listing(gatewayUrl()) !== undefined
    const failures = store.failures(gatewayUrl()).map(({ session, code, data }) => {
      const { message, remedy } = new AppError(code, data)
      return { session, code, message, remedy }
    })
    return {
      state: store.paused && open ? 'paused' : open ? phase : 'idle',
      ...(problem && open && { problem: { code: problem.code, message: problem.message, remedy: problem.remedy } }),
      recordings: { total, done, failed },
      bytes: { total: bytes.total, done: bytes.done + (current?.known ? current.done : 0) },
      unsearched,
      failures,
    }
  }

  function changed(): void {
    cancelTelling ??= scheduler.after(gatherMs, () => {
      cancelTelling = undefined
      if (!closed) ports.tell(state())
    })
  }

  const mayGoOn = (since: number): boolean => !closed && !store.paused && plan === since

  async function list(url: string, api: Pick<GatewayApi, 'call'>, since: number): Promise<boolean> {
    const listing = store.listing(url)
    if (!listing) return false
    phase = 'listing'
    changed()
    const { filter, cursor } = listing
    const { hits, next, waiting } = await api.call('searchRecordings', {
      ...filter,
      limit: listedAtOnce,
      ...(cursor !== undefined && { cursor }),
    })
    const found = hits.map(({ summary }) => summary)
    const states = await library.proofStates(found.map(({ session }) => session))
    if (plan !== since) return true
    const wanted = found.filter(({ session }) => states[session] !== 'verified').map(({ session, bytes }) => ({ session, bytes }))
    store.listed(url, listing, wanted, { unsearched: waiting, ...(next !== undefined && { cursor: next }) })
    changed()
    return true
  }

  async function checkRoom(size: number, here: number): Promise<void> {
    const room = await ports.room()
    // what is here of it counts as used already
    const refusal = whyNoRoom(room, Math.max(0, sizeInLibrary(size, room) - here))
    if (refusal) throw refusal
  }

  /** Two never write to the part of one recording. */
  const underWay = new Map<SessionId, Promise<unknown>>()

  async function fetchOne(wanted: QueuedDownload, way: Way): Promise<boolean> {
    const { session } = wanted
    while (underWay.has(session)) await underWay.get(session)?.catch(() => undefined)
    const fetching = fetchAlone(wanted, way).finally(() => underWay.delete(session))
    underWay.set(session, fetching)
    return fetching
  }

  /** @returns whether it is in the library now; false: stopped on the way */
  async function fetchAlone({ session, bytes }: QueuedDownload, { url, api, goOn, keepsFailed }: Way): Promise<boolean> {
    const states = await library.proofStates([session])
    if (states[session] === 'verified') return true
    const { key } = await api.call('logCheckpoint')
    for (let isSecond = false; ; isSecond = true) {
      try {
        const fetched = await fetchRecording({
          api,
          folder,
          session,
          onSize: async (size, here) => {
            if (bytes !== size) store.sized(url, session, size)
            await checkRoom(size, here)
          },
          onProgress({ done }) {
            current = { session, done, known: true }
            changed()
            return goOn()
          },
        })
        if (!fetched) return false
        await library.keepDownload(fetched.file, fetched.proof, key, keepsFailed)
        await dropPart(folder, session)
        return true
      } catch (error) {
        const code = error instanceof AppError ? error.code : undefined
        // a part that was left behind may be what is wrong: once more from the beginning
        const isSuspect = code === 'DOWNLOAD_UNVERIFIED' || code === 'RECORDING_INVALID' || code === 'INVALID_REQUEST'
        if (isSuspect) await dropPart(folder, session)
        if (!isSuspect || isSecond || !goOn()) throw error
      }
    }
  }

  async function next(url: string, api: Pick<GatewayApi, 'call'>, since: number): Promise<boolean> {
    const queued = store.next(url)
    if (!queued) return false
    phase = 'running'
    current = { session: queued.session, done: 0, known: false }
    changed()
    try {
      const way = { url, api, goOn: () => mayGoOn(since), keepsFailed: false }
      if (await fetchOne(queued, way)) store.done(url, queued.session)
    } catch (error) {
      const told = error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the download', reference: queued.session })
      if (!(error instanceof AppError)) log.error({ err: error, session: queued.session }, 'a recording could not be downloaded')
      if (passing.has(told.code) || stopping.has(told.code)) throw told
      if (plan === since) store.failed(url, queued.session, told.code, told.data)
    } finally {
      current = undefined
    }
    return true
  }

  async function work(): Promise<void> {
    const since = plan
    const { url, api, signedIn } = ports.gateway()
    let fetched = 0
    try {
      if (!signedIn) throw new AppError('SIGN_IN_REQUIRED')
      while (mayGoOn(since) && (await list(url, api, since)));
      while (mayGoOn(since) && (await next(url, api, since))) {
        fetched += 1
        if (fetched % refreshedAfter === 0) await ports.refreshCheckpoint()
      }
      problem = undefined
    } catch (error) {
      problem = error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the download', reference: 'queue' })
      if (!(error instanceof AppError)) log.error({ err: error }, 'downloads stopped')
      if (passing.has(problem.code)) {
        phase = 'waiting'
        // whoever signs in is told of; a gateway that is back may not be
        if (problem.code !== 'SIGN_IN_REQUIRED') cancelRetry ??= scheduler.after(retryMs, retryNow)
      } else {
        log.warn({ code: problem.code }, 'downloads stopped until somebody resumes them')
        if (plan === since) store.paused = true
      }
    }
    if (fetched > 0 && !closed) await ports.refreshCheckpoint().catch(() => undefined)
  }

  function retryNow(): void {
    cancelRetry = undefined
    kick()
  }

  function kick(): void {
    if (closed || working || store.paused) return
    const { url } = ports.gateway()
    if (!store.listing(url) && !store.next(url)) return changed()
    const since = plan
    phase = store.listing(url) ? 'listing' : 'running'
    working = work().finally(() => {
      working = undefined
      changed()
      // somebody resumed at the very end, or changed the plan: what there is to do now is another question
      if (problem === undefined || plan !== since) kick()
    })
  }

  function begin(): void {
    const url = gatewayUrl()
    const { total, done, failed } = store.counts(url)
    // what is over makes room for what begins
    if (total === done + failed && !store.listing(url)) store.dismiss(url)
  }

  function goOn(): void {
    problem = undefined
    store.paused = false
    kick()
    changed()
  }

  /** Parts are removed when nothing writes to them any more. */
  async function removeParts(sessions: readonly SessionId[]): Promise<void> {
    await working
    for (const session of sessions) await dropPart(folder, session)
  }

  return {
    get state() {
      return state()
    },
    addMatching(filter) {
      begin()
      store.addListing(gatewayUrl(), filter)
      plan += 1
      goOn()
    },
    add(sessions) {
      begin()
      store.add(
        gatewayUrl(),
        sessions.map((session) => ({ session })),
      )
      goOn()
    },
    pause() {
      store.paused = true
      changed()
    },
    resume: goOn,
    async cancel() {
      plan += 1
      problem = undefined
      const sessions = store.cancel(gatewayUrl())
      store.paused = false
      changed()
      await removeParts(sessions)
    },
    retry() {
      store.retry(gatewayUrl())
      goOn()
    },
    async dismiss() {
      const sessions = store.dismiss(gatewayUrl())
      changed()
      await removeParts(sessions)
    },
    async fetchNow(session) {
      const { url, api } = ports.gateway()
      const isHere = await fetchOne({ session }, { url, api, goOn: () => !closed, keepsFailed: true })
      if (!isHere) throw new AppError('INTERNAL', { where: 'the application', reference: 'closed' })
    },
    kick,
    async close() {
      closed = true
      cancelTelling?.()
      cancelRetry?.()
      await working
      store.close()
    },
  }
}
