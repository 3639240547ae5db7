/**
 * Differences that are ours to have. Over stdio a server says nothing about HTTP, so whatever is HTTP comes from us in the tunnel and from
 * the server's own HTTP part on the direct side. Each stands here with both verdicts: any other combination is a difference.
 */
export interface Explanation {
  scenario: string
  check: string
  direct: string
  tunnel: string
  because: string
}

const jsonBody = 'one answer with nothing before it is a JSON body from us, and always a stream from that library: MCP allows both'

/** A server over stdio behind us, beside the same one behind the SDK's HTTP part. */
export const ourHttp: Explanation[] = [
  { scenario: 'server-sse-multiple-streams', check: 'server-sse-streams-functional', direct: 'SUCCESS', tunnel: '', because: jsonBody },
  { scenario: 'server-sse-polling', check: 'server-sse-priming-event', direct: 'WARNING', tunnel: '', because: jsonBody },
  { scenario: 'server-sse-polling', check: 'server-sse-retry-field', direct: 'WARNING', tunnel: '', because: jsonBody },
]

const unlisted = 'it has no such tool and says so in a result, which the check takes for one; we refuse tools that were never listed'

/** Nobody could have said what a tool does that no list has: no decision about it would mean anything. */
const neverListed: Explanation[] = ['tools-call-simple-text', 'tools-call-error'].map((scenario) => ({
  scenario,
  check: scenario,
  direct: 'SUCCESS',
  tunnel: 'FAILURE',
  because: unlisted,
}))

/** server-everything's HTTP part is laxer than ours. */
export const stricterThanEverything: Explanation[] = [
  ...neverListed,
  {
    scenario: 'dns-rebinding-protection',
    check: 'localhost-host-rebinding-rejected',
    direct: 'FAILURE',
    tunnel: 'SUCCESS',
    because: 'it serves requests of foreign web pages; we refuse them before they reach it',
  },
  {
    scenario: 'server-session-lifecycle',
    check: 'server-session-terminated-returns-404',
    direct: 'FAILURE',
    tunnel: 'SUCCESS',
    because: 'it answers 400 for a session that has ended; the agent, which knows the sessions of each client, answers 404 as MCP asks',
  },
]

/** What is said of streams is said of the one that answers a tool which it does not have. */
export const withoutItsStreams: Explanation[] = [
  ['incoming-sse-event', 'FAILURE'],
  ['server-sse-priming-event', 'SUCCESS'],
  ['server-sse-priming-event', 'WARNING'],
  ['server-sse-retry-field', 'WARNING'],
].map(([check = '', direct = '']) => ({ scenario: 'server-sse-polling', check, direct, tunnel: '', because: unlisted }))

/** Its resumable streams do not exist over stdio. */
export const ourHttpBesideEverything: Explanation[] = [
  ...ourHttp,
  ...stricterThanEverything,
  { scenario: 'server-sse-polling', check: 'incoming-sse-event', direct: 'FAILURE', tunnel: '', because: jsonBody },
  { scenario: 'server-sse-polling', check: 'server-sse-priming-event', direct: 'SUCCESS', tunnel: '', because: jsonBody },
]
