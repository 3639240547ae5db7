import { AppError } from '../../../src-protocol/app-error.ts'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { LibraryQuery } from '../../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'
import type { LiveAccess } from '../live-access.ts'
import type { CheckedHandlers, DesktopPorts } from './desktop-ports.ts'
import type { LibraryImports } from './library-imports.ts'
import { mergePage } from './merge-page.ts'

type LibraryChannel = Exclude<
  Extract<keyof CheckedHandlers, `library:${string}`>,
  'library:room' | 'library:oldest' | 'library:remove-many'
>

/** how many of the gateway's recordings a list shows; the newest */
const gatewayRows = 500

/** Recordings on this computer, which need nobody, and those on the gateway while it can be reached and the person may see them. */
export function libraryHandlers(options: {
  access: () => LiveAccess
  library: RemoteLibrary
  imports: LibraryImports
  /** brings a recording of the gateway into the library */
  fetchNow: (session: SessionId) => Promise<void>
  chooseFolder: DesktopPorts['chooseFolder']
  chooseFile: DesktopPorts['chooseFile']
  /** compares the newest checkpoint with the pinned one, and pins it */
  refreshCheckpoint: () => Promise<void>
}): Pick<CheckedHandlers, LibraryChannel> {
  const { access, library } = options

  async function fromGateway(): Promise<{ rows: RecordingSummary[]; total: number; offline: boolean }> {
    const { identity, api } = access()
    if (identity.state.state !== 'signed-in') return { rows: [], total: 0, offline: true }
    try {
      const { recordings, total } = await api.call('recordings', { limit: gatewayRows })
      return { rows: recordings, total, offline: false }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      // operators see their own computer's recordings only: that is no failure
      if (error.code === 'FORBIDDEN') return { rows: [], total: 0, offline: false }
      if (unreachableCodes.has(error.code)) return { rows: [], total: 0, offline: true }
      throw error
    }
  }

  async function list(query: LibraryQuery): Promise<DesktopOutput<'library:list'>> {
    const [page, totals, gateway] = await Promise.all([
      library.page(query),
      library.totals(),
      query.hereOnly ? { rows: [], total: 0, offline: false } : fromGateway(),
    ])
    const both = new Set(await library.among(gateway.rows.map(({ session }) => session)))
    const onlyThere = gateway.rows.filter(({ session }) => !both.has(session))
    const { rows, next } = mergePage(query, page, { rows: gateway.rows, away: onlyThere })
    const total = totals.recordings + Math.max(onlyThere.length, gateway.total - both.size)
    return { rows, total, here: totals.recordings, offline: gateway.offline, ...(next !== undefined && { next }) }
  }

  async function download(session: SessionId): Promise<LibraryRow> {
    await options.fetchNow(session)
    return { ...(await library.open(session)).row, onGateway: true }
  }

  return {
    'library:list': list,
    'library:facets': () => library.facets(),
    'library:find': (query) => library.find(query),
    async 'library:download'(sessions) {
      const rows: LibraryRow[] = []
      for (const session of sessions) rows.push(await download(session))
      // the proofs end in a checkpoint that may be newer than the pinned one: join them while the gateway can still be asked
      await options.refreshCheckpoint()
      return rows
    },
    async 'library:remove'(session) {
      await library.remove(session)
      return undefined
    },
    async 'library:import'() {
      const file = await options.chooseFile()
      return file === undefined ? { rows: [] } : options.imports.run(file)
    },
    'library:import-state': async () => options.imports.state,
    async 'library:cancel-import'() {
      options.imports.cancel()
      return undefined
    },
    'library:get': (session) => library.get(session),
    'library:compare': (request) => library.compare(request),
    'library:open': (session) => library.open(session),
    'library:rows': ({ session, seqs }) => library.rows(session, seqs),
    'library:record': ({ session, seq }) => library.record(session, seq),
    'library:search': ({ session, text }) => library.searchBits(session, text),
    'library:verify': ({ session, seq }) => library.verify(session, seq),
    async 'library:export'(sessions) {
      const folder = await options.chooseFolder()
      if (folder === undefined) return []
      const here = new Set(await library.among(sessions))
      for (const session of sessions) if (!here.has(session)) await download(session)
      return library.exportTo(folder, sessions)
    },
  }
}

const unreachableCodes: ReadonlySet<string> = new Set(['GATEWAY_UNREACHABLE', 'SIGN_IN_REQUIRED', 'TOKEN_EXPIRED', 'TOKEN_INVALID'])
