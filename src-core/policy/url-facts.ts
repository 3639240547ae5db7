/** What a condition sees of an address. No name was resolved: where a public name leads to is not known. */
export interface UrlFacts {
  /** without the colon, in lower case; empty if the text is no absolute URL */
  scheme: string
  /** as the WHATWG parser gives it: lower case, ASCII, IPv6 without brackets, every spelling of an IPv4 address in its usual form */
  host: string
  /** the one that the scheme stands for if none is given; 0 if there is none */
  port: number
  path: string
  query: string
  /** the host is this computer, a private or a reserved network, or a name that only such networks know */
  private: boolean
  /** programs could read it as another address than these facts say */
  doubtful: boolean
}

/** Longer texts are in doubt. */
export const urlLimit = 8192

const usualPorts: Record<string, number> = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 }
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u

/** Reads an absolute URL by the WHATWG URL standard. */
export function urlFacts(text: string): UrlFacts {
  const parsed = text.length > urlLimit ? null : URL.parse(text)
  if (!parsed) return { scheme: '', host: '', port: 0, path: '', query: '', private: true, doubtful: true }
  const scheme = parsed.protocol.slice(0, -1)
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  return {
    scheme,
    host,
    port: parsed.port === '' ? (usualPorts[scheme] ?? 0) : Number(parsed.port),
    path: parsed.pathname,
    query: parsed.search.slice(1),
    private: isPrivateHost(host),
    doubtful: isDoubtful(text, parsed),
  }
}

/** Other parsers know no backslash as a slash, no user in an address, and no second spelling of a host. */
function isDoubtful(text: string, parsed: URL): boolean {
  if (unseen.test(text) || text.includes('\\') || text !== text.trim()) return true
  // an @ behind a host without a path, and what would end a line where an escape is resolved
  if (/^[^:/?#]+:\/\/[^/?#]*[?#][^/]*@/.test(text) || /%(?:[01][0-9a-f]|7f)/i.test(parsed.pathname)) return true
  if (parsed.username !== '' || parsed.password !== '') return true
  const written = /^[^:/?#]+:\/\/([^/?#]*)/.exec(text)?.[1]
  if (written === undefined) return parsed.host !== ''
  const host = written.toLowerCase().replace(/:\d*$/, '')
  return host !== parsed.hostname || host.endsWith('.')
}

function isPrivateHost(host: string): boolean {
  if (host === '') return true
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPrivateIpv4(host)
  if (host.includes(':')) return isPrivateIpv6(host)
  const name = host.replace(/\.$/, '')
  return !name.includes('.') || /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/.test(name)
}

/** Special-purpose addresses (RFC 6890), multicast and reserved ones. */
function isPrivateIpv4(host: string): boolean {
  const [a = 0, b = 0, c = 0] = host.split('.').map(Number)
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true
  if (a === 100) return b >= 64 && b <= 127
  if (a === 169) return b === 254
  if (a === 172) return b >= 16 && b <= 31
  if (a === 192) return b === 168 || (b === 0 && (c === 0 || c === 2))
  if (a === 198) return b === 18 || b === 19 || (b === 51 && c === 100)
  return a === 203 && b === 0 && c === 113
}

/** Only global unicast (2000::/3) is public, without documentation, 6to4 and Teredo: the latter two carry an IPv4 address. */
function isPrivateIpv6(host: string): boolean {
  const first = Number.parseInt(host.split(':', 1)[0] || '0', 16)
  if (first < 0x2000 || first > 0x3fff) return true
  const second = Number.parseInt(host.split(':')[1] || '0', 16)
  return first === 0x2002 || (first === 0x2001 && (second === 0 || second === 0xdb8))
}
