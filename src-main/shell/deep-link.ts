import type { ApprovalId, SessionId } from '../../src-protocol/ids.ts'
import { approvalId, sessionId } from '../../src-protocol/ids.ts'

export const deepLinkScheme = 'gatehouse'
const longest = 200

/** What a link may ask for: to look at something. It never carries a decision, a text or an address. */
export type DeepLinkTarget =
  | { page: 'inbox'; approval?: ApprovalId }
  | { page: 'sessions'; session?: SessionId }
  /** `seq`: a moment of the replay */
  | { page: 'recordings'; session?: SessionId; seq?: number }
  | { page: 'connections' }

export type DeepLink =
  | { ok: true; target: DeepLinkTarget }
  | { ok: false; reason: 'too-long' | 'not-a-link' | 'unexpected-part' | 'unknown-page' | 'malformed-id' | 'malformed-place' }

/** Parses `gatehouse://inbox/apr_…`, `gatehouse://sessions/ses_…`, `gatehouse://recordings/ses_…`, with a record behind it, and the pages without an id. */
export function parseDeepLink(text: string): DeepLink {
  if (text.length > longest) return { ok: false, reason: 'too-long' }
  if (!text.startsWith(`${deepLinkScheme}://`)) return { ok: false, reason: 'not-a-link' }
  // systems may append a slash to what they hand over
  const rest = text.slice(deepLinkScheme.length + 3).replace(/\/$/, '')
  const [page = '', id, place, ...more] = rest.split('/')
  if (more.length > 0 || (place !== undefined && page !== 'recordings') || /[^A-Za-z0-9_/-]/.test(rest))
    return { ok: false, reason: 'unexpected-part' }
  switch (page) {
    case 'inbox': {
      if (id === undefined) return { ok: true, target: { page } }
      const approval = approvalId.safeParse(id)
      return approval.success ? { ok: true, target: { page, approval: approval.data } } : { ok: false, reason: 'malformed-id' }
    }
    case 'sessions':
    case 'recordings': {
      if (id === undefined) return { ok: true, target: { page } }
      const session = sessionId.safeParse(id)
      if (!session.success) return { ok: false, reason: 'malformed-id' }
      if (place === undefined || page === 'sessions') return { ok: true, target: { page, session: session.data } }
      if (!/^(?:0|[1-9][0-9]{0,8})$/.test(place)) return { ok: false, reason: 'malformed-place' }
      return { ok: true, target: { page, session: session.data, seq: Number(place) } }
    }
    case 'connections':
      return id === undefined ? { ok: true, target: { page } } : { ok: false, reason: 'unexpected-part' }
    default:
      return { ok: false, reason: 'unknown-page' }
  }
}

/** The path in the window that shows a target. */
export function pageOf(target: DeepLinkTarget): string {
  switch (target.page) {
    case 'inbox':
      return target.approval ? `/inbox/${target.approval}` : '/inbox'
    case 'sessions':
      return target.session ? `/sessions/${target.session}` : '/sessions'
    case 'recordings':
      if (!target.session) return '/recordings'
      return `/recordings/${target.session}${target.seq === undefined ? '' : `?seq=${target.seq}`}`
    case 'connections':
      return '/connections'
    default:
      return target satisfies never
  }
}

/** A second start hands its whole command line over: the link is the last argument, and only if it is the only one. */
export function deepLinkIn(argv: readonly string[]): string | undefined {
  const links = argv.filter((argument) => argument.startsWith(`${deepLinkScheme}:`))
  return links.length === 1 ? links[0] : undefined
}
