import { join } from 'node:path'
import { programOf } from '../../demo/supervisor/write-config.ts'
import { ourHttp, ourHttpBesideEverything, stricterThanEverything, withoutItsStreams, type Explanation } from './explained-differences.ts'
import { startClientAlone, startDirect, startDirectOnPort, startTunnel, startTunnelToHttp, startTunnelToSuite, type Side } from './sides.ts'
import { clientSuites, stateful, stateless, type Suite } from './suites.ts'

/** The same program twice: reached directly, and through Gatehouse. */
export interface Pair {
  name: string
  suites: Suite[]
  /** what the product cannot do yet, for which of its suites */
  pending?: { needs: string; suites: Suite[] }
  /** the differences that it may have */
  explanations: readonly Explanation[]
  direct(folder: string): Promise<Side>
  tunnel(folder: string): Promise<Side>
}

const node = process.execPath
const fixture = [node, join(import.meta.dirname, '..', 'fixtures', 'conformance-server.ts')]
const everything = [node, programOf('@modelcontextprotocol/server-everything')]
const suites = [...stateful, stateless]
const startFixture = (folder: string) => startDirect({ name: 'fixture', command: [...fixture, 'http', '--resumable'] }, folder)
const startEverything = (folder: string) => startDirectOnPort({ name: 'everything', command: [...everything, 'streamableHttp'] }, folder)

export const pairs: Pair[] = [
  {
    name: 'fixture-stdio',
    suites,
    explanations: ourHttp,
    // without resumable streams: stdio has no event ids that anybody could offer
    direct: (folder) => startDirect({ name: 'fixture', command: [...fixture, 'http'] }, folder),
    tunnel: (folder) => startTunnel({ name: 'fixture', command: [...fixture, 'stdio'] }, folder),
  },
  {
    // it knows the stateful revisions only
    name: 'everything-stdio',
    suites: stateful,
    explanations: ourHttpBesideEverything,
    direct: startEverything,
    tunnel: (folder) => startTunnel({ name: 'everything', command: [...everything, 'stdio'] }, folder),
  },
  {
    name: 'fixture-http',
    suites,
    explanations: [],
    direct: startFixture,
    tunnel: (folder) => startTunnelToHttp(startFixture, folder),
  },
  {
    name: 'everything-http',
    suites: stateful,
    explanations: [...stricterThanEverything, ...withoutItsStreams],
    direct: startEverything,
    tunnel: (folder) => startTunnelToHttp(startEverything, folder),
  },
  {
    // the suite is the server: what reaches it of a client, and what the client makes of its answers
    name: 'client',
    suites: clientSuites,
    explanations: [],
    direct: startClientAlone,
    tunnel: startTunnelToSuite,
  },
]
