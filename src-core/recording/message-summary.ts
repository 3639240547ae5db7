/** One line that says what a masked JSON-RPC message is about. Its input is hostile: nothing is assumed, everything is cut. */

const maximumLength = 160
/** Arguments that say it all by themselves, in the order of preference. */
export const tellingArguments = ['sql', 'query', 'statement', 'command', 'path', 'uri', 'url', 'name', 'message']

type JsonObject = Record<string, unknown>

/** What a request or notification asks for: its SQL, its path, or its arguments one after the other. */
export function summariseRequest(body: string): string {
  const message = parseObject(body)
  const params = asObject(message?.['params'])
  if (!params) return ''
  return summariseArguments(asObject(params['arguments']) ?? params)
}

export function summariseArguments(args: JsonObject): string {
  for (const name of tellingArguments) {
    const value = args[name]
    if (typeof value === 'string') return oneLine(value)
  }
  const parts: string[] = []
  for (const [name, value] of Object.entries(args)) {
    if (name === '_meta') continue
    parts.push(
      `${name}: ${typeof value === 'object' && value !== null ? (Array.isArray(value) ? `[ ${value.length} ]` : '{ … }') : JSON.stringify(cut(value))}`,
    )
    if (parts.length === 6) break
  }
  return oneLine(parts.join(', '))
}

/** Of a long text only what can be shown is looked at. */
const cut = (value: unknown): unknown => (typeof value === 'string' ? value.slice(0, maximumLength * 4) : value)

/** What came back: the error, the number of rows or items, the first line of text; and how much it was. */
export function summariseResponse(body: string, bytes: number): string {
  const message = parseObject(body)
  const size = sizeText(bytes)
  const error = asObject(message?.['error'])
  if (error) return oneLine(typeof error['message'] === 'string' ? error['message'] : `error ${String(error['code'])}`)
  const result = asObject(message?.['result'])
  if (!result) return size
  const rows = rowCount(asObject(result['structuredContent']) ?? {}) ?? rowCount(result)
  if (rows) return `${rows} · ${size}`
  const [first] = Array.isArray(result['content']) ? (result['content'] as unknown[]) : []
  const text = asObject(first)?.['text']
  if (typeof text !== 'string') return size
  const inner = parseObject(text)
  const innerRows = inner && (rowCount(asObject(inner['data']) ?? {}) ?? rowCount(inner))
  return innerRows ? `${innerRows} · ${size}` : `${oneLine(text.slice(0, maximumLength))} · ${size}`
}

function rowCount(result: JsonObject): string | undefined {
  for (const [name, noun] of [
    ['rows', 'row'],
    ['tools', 'tool'],
    ['resources', 'resource'],
    ['prompts', 'prompt'],
    ['entries', 'entry'],
  ] as const) {
    const list = result[name]
    if (Array.isArray(list)) return list.length === 1 ? `1 ${noun}` : `${list.length} ${noun === 'entry' ? 'entries' : `${noun}s`}`
  }
  return undefined
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** A line in a list is not worth a second of parsing: of what is longer, only the size is told. */
const parsedLength = 4 * 1024 * 1024

function parseObject(text: string): JsonObject | undefined {
  if (text.length > parsedLength) return undefined
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

const asObject = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined

/** Printable ASCII with single spaces inside. */
const plainLine = /^[!-~]+(?: [!-~]+)*$/

/** White space collapsed; control and direction characters shown as a placeholder; cut at a whole character. */
export function oneLine(text: string): string {
  // most texts are plain: then nothing has to be replaced, and a character is a code unit
  const start = text.slice(0, maximumLength + 1)
  if (plainLine.test(start)) return text.length > maximumLength ? `${text.slice(0, maximumLength - 1)}…` : text
  const line = text
    .slice(0, maximumLength * 4)
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')
    .trim()
  // a character has at most two code units: one more than can be shown tells that there is more
  const characters = Array.from(line.slice(0, maximumLength * 2 + 2))
  return characters.length > maximumLength ? `${characters.slice(0, maximumLength - 1).join('')}…` : line
}
