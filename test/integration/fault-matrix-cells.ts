/**
 * The fault matrix: what a client is told when something between it and its server fails, for each place, kind of fault and moment.
 * docs/fault-matrix.md is made of it, and fault-matrix*.test.ts try each cell.
 */
export const eraNames = ['stateful', 'stateless'] as const
export type Era = (typeof eraNames)[number]

/** when the fault happens, seen from one call */
export const phaseNames = ['before', 'running', 'answered', 'held'] as const
export type Phase = (typeof phaseNames)[number]

export type Hop = 'client' | 'desktop' | 'agent' | 'stdio' | 'http' | 'gateway'
/** `lost`: a cut that lasts longer than the grace time */
export type FaultKind = 'cut' | 'lost' | 'half-open' | 'stall' | 'killed'
/** `result`, a code, or `broken`: the client lost its own connection; for both eras, or for one after the other */
export type Cell = string | readonly [stateful: string, stateless: string]

export interface Round {
  hop: Hop
  fault: FaultKind
  /** what is done, for the page */
  what: string
  cells: Record<Phase, Cell>
}

const all = (cell: Cell): Record<Phase, Cell> => ({ before: cell, running: cell, answered: cell, held: cell })

export const rounds: readonly Round[] = [
  { hop: 'client', fault: 'cut', what: 'AI client ↔ desktop: the connection breaks', cells: all('broken') },
  { hop: 'client', fault: 'stall', what: 'AI client ↔ desktop: nothing passes for a while', cells: all('result') },
  {
    hop: 'client',
    fault: 'killed',
    what: 'Desktop killed',
    cells: all('broken'),
  },
  { hop: 'desktop', fault: 'cut', what: 'Desktop ↔ gateway: the connection breaks, and can be made again', cells: all('result') },
  {
    hop: 'desktop',
    fault: 'lost',
    what: 'Desktop ↔ gateway: no connection for longer than the grace time',
    cells: { ...all('TUNNEL_LOST'), before: 'GATEWAY_UNREACHABLE' },
  },
  { hop: 'desktop', fault: 'stall', what: 'Desktop ↔ gateway: nothing passes for a while', cells: all('result') },
  { hop: 'desktop', fault: 'half-open', what: 'Desktop ↔ gateway: each end believes in a dead connection', cells: all('result') },
  { hop: 'agent', fault: 'cut', what: 'Gateway ↔ agent: the connection breaks, and can be made again', cells: all('result') },
  { hop: 'agent', fault: 'lost', what: 'Gateway ↔ agent: no connection for longer than the grace time', cells: all('AGENT_LOST') },
  { hop: 'agent', fault: 'stall', what: 'Gateway ↔ agent: nothing passes for a while', cells: all('result') },
  { hop: 'agent', fault: 'half-open', what: 'Gateway ↔ agent: each end believes in a dead connection', cells: all('result') },
  {
    hop: 'agent',
    fault: 'killed',
    what: 'Agent killed, and started again',
    cells: all('SERVER_STOPPED'),
  },
  {
    hop: 'stdio',
    fault: 'killed',
    what: 'MCP server on stdio killed',
    cells: { ...all('SERVER_STOPPED'), before: 'SESSION_ENDED' },
  },
  {
    hop: 'stdio',
    fault: 'half-open',
    what: 'MCP server on stdio closes its output and lives on',
    cells: { ...all('SERVER_STOPPED'), before: 'SESSION_ENDED' },
  },
  { hop: 'stdio', fault: 'stall', what: 'MCP server on stdio is stopped for a while', cells: all('result') },
  {
    hop: 'http',
    fault: 'cut',
    what: 'Agent ↔ MCP server over HTTP: the connection breaks, and can be made again',
    cells: { ...all('SERVER_UNREACHABLE'), held: 'result' },
  },
  { hop: 'http', fault: 'stall', what: 'Agent ↔ MCP server over HTTP: nothing passes for a while', cells: all('result') },
  {
    hop: 'http',
    fault: 'half-open',
    what: 'Agent ↔ MCP server over HTTP: the agent believes in a dead connection, until the session is ended',
    cells: { before: 'result', running: 'SESSION_ENDED', answered: 'SESSION_ENDED', held: 'result' },
  },
  {
    hop: 'http',
    fault: 'killed',
    what: 'MCP server over HTTP killed, and started again',
    cells: { ...all('SERVER_UNREACHABLE'), held: 'result' },
  },
]

export const gatewayRounds: readonly Round[] = [
  {
    hop: 'gateway',
    fault: 'killed',
    what: 'Gateway killed, and started again',
    cells: { ...all('TUNNEL_LOST'), before: 'result' },
  },
]

/** Cells that there are not, and why. */
export const impossible: readonly (readonly [what: string, why: string])[] = [
  [
    'AI client ↔ desktop: each end believes in a dead connection',
    'both are on one computer: when one ends, the operating system tells the other',
  ],
  [
    'Desktop killed, and the same call goes on',
    'the sign-in and the secret of the endpoint were in its memory; the session ends after the grace time',
  ],
  ['AI client killed', 'to the desktop it is a connection that breaks: the first row'],
  [
    'MCP server on stdio killed, and the same session goes on',
    'what the server knew of its client died with it; a new session starts a new one',
  ],
  [
    'MCP server on stdio: a connection that breaks',
    'a pipe breaks when one of its ends is closed: the server was killed, or closed its output',
  ],
]
