import { AppError } from '../../../src-protocol/app-error.ts'
import type { DesktopOutput, LibraryRow } from '../../../src-protocol/desktop-api.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { RecordingSummary } from '../../../src-protocol/model.ts'
import type { Library } from '../library.ts'
import type { LiveAccess } from '../live-access.ts'
import type { CheckedHandlers, DesktopPorts } from './desktop-ports.ts'
import { readRecordingFiles } from './import-recording.ts'

type LibraryChannel = Extract<keyof CheckedHandlers, `library:${string}`>

/** how many of the gateway's recordings a list shows at once; the newest first */
const gatewayRows = 500

/** Recordings on this computer, which need nobody, and those on the gateway while it can be reached and the person may see them. */
export function libraryHandlers(options: {
  access: () => LiveAccess
  library: Library
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

  async function download(session: SessionId): Promise<LibraryRow> {
    const { api } = access()
    const { key } = await api.call('logCheckpoint')
    const { text, proof } = await api.call('recording', { id: session })
    return { ...library.add(text, proof, key), onGateway: true }
  }

  return {
    async 'library:list'({ text, hereOnly }) {
      const here = library.list(text === undefined ? {} : { text })
      if (hereOnly) return { rows: here, total: here.length, offline: false }
      return mergeRows(here, await fromGateway(), text ?? '')
    },
    async 'library:download'(sessions) {
      const rows: LibraryRow[] = []
      for (const session of sessions) rows.push(await download(session))
      // the proofs end in a checkpoint that may be newer than the pinned one: join them while the gateway can still be asked
      await options.refreshCheckpoint()
      return rows
    },
    async 'library:remove'(session) {
      library.remove(session)
      return undefined
    },
    async 'library:import'() {
      const file = await options.chooseFile()
      if (file === undefined) return []
      const { recording, proof, verifierKey } = readRecordingFiles(file)
      return [library.add(recording, proof, verifierKey)]
    },
    'library:get': async (session) => library.get(session),
    'library:record': async ({ session, seq }) => library.record(session, seq),
    'library:search': async ({ session, text }) => library.search(session, text),
    'library:verify': async ({ session, seq }) => library.verify(session, seq),
    async 'library:export'(sessions) {
      const folder = await options.chooseFolder()
      if (folder === undefined) return []
      const here = new Set(library.list().map((row) => row.session))
      for (const session of sessions) if (!here.has(session)) await download(session)
      return library.exportTo(folder, sessions)
    },
  }
}

const unreachableCodes: ReadonlySet<string> = new Set(['GATEWAY_UNREACHABLE', 'SIGN_IN_REQUIRED', 'TOKEN_EXPIRED', 'TOKEN_INVALID'])

/** Newest first; what is in both places is one row. */
export function mergeRows(
  here: readonly LibraryRow[],
  gateway: { rows: readonly RecordingSummary[]; total: number; offline: boolean },
  text: string,
): DesktopOutput<'library:list'> {
  const onGateway = new Set(gateway.rows.map(({ session }) => session))
  const known = new Set(here.map(({ session }) => session))
  const wanted = gateway.rows.filter((summary) => !known.has(summary.session) && matches(summary, text))
  const remote = wanted.map((summary): LibraryRow => ({ ...summary, here: false, onGateway: true, proof: 'unchecked' }))
  const rows = [...here.map((row) => ({ ...row, onGateway: onGateway.has(row.session) })), ...remote]
  rows.sort((one, other) => other.startedAt.localeCompare(one.startedAt))
  const unseen = text === '' ? Math.max(0, gateway.total - gateway.rows.length) : 0
  return { rows, total: rows.length + unseen, offline: gateway.offline }
}

function matches(summary: RecordingSummary, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const heading = [summary.session, summary.connection, summary.person.name, summary.person.email ?? '', summary.reason, summary.endReason]
  const searched = heading.join(' ').toLowerCase()
  return words.every((word) => searched.includes(word))
}
