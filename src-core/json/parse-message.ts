import type { ErrorCode } from '../../src-protocol/errors.ts'
import type { ErrorData } from '../../src-protocol/app-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts'
import { createLookalikeSearch } from './lookalike-names.ts'
import { TooDeep, walkJson, type JsonVisitor } from './walk-json.ts'

export interface MessageLimits {
  maxBytes: number
  maxDepth: number
}

export type RequestId = string | number

/** One JSON-RPC 2.0 message (https://www.jsonrpc.org/specification), with what decisions need picked out. */
export interface Message {
  kind: 'request' | 'notification' | 'response'
  id?: RequestId | null
  /** requests and notifications */
  method?: string
  params?: JsonObject
  /** the tool of a tools/call, the prompt of a prompts/get */
  tool?: string
  args?: JsonValue
  /** where `params.arguments` stands in the bytes, so that exactly these can be hashed */
  argumentsSpan?: { start: number; end: number }
  progressToken?: RequestId
  /** responses */
  result?: JsonValue
  error?: JsonObject
}

export type MessageParse =
  { ok: true; message: Message; text: string } | { ok: false; code: ErrorCode; data: ErrorData; id?: RequestId; method?: string }

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses a copy of a message strictly, to decide about it; the bytes themselves go on unchanged. Refuses what two parsers could
 * read differently (RFC 7493, I-JSON): invalid UTF-8, a name twice in one object, integers that a double cannot hold.
 */
export function parseMessage(bytes: Uint8Array, limits: MessageLimits): MessageParse {
  if (bytes.length > limits.maxBytes) return { ok: false, code: 'BODY_TOO_LARGE', data: { bytes: bytes.length, limit: limits.maxBytes } }
  let text: string
  let value: JsonValue
  try {
    text = decoder.decode(bytes)
  } catch {
    return { ok: false, code: 'MESSAGE_NOT_JSON', data: { problem: 'it is not UTF-8' } }
  }
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return { ok: false, code: 'MESSAGE_NOT_JSON', data: { problem: 'its syntax is broken' } }
  }
  if (Array.isArray(value)) return { ok: false, code: 'MESSAGE_BATCH', data: {} }
  if (!isJsonObject(value)) return notJsonRpc('it is not an object')

  const strict = new StrictVisitor(text)
  try {
    walkJson(text, strict, limits.maxDepth)
  } catch (error) {
    if (error instanceof TooDeep) return { ok: false, code: 'MESSAGE_TOO_DEEP', data: { limit: limits.maxDepth } }
    if (error instanceof Refused) return { ok: false, code: error.code, data: error.data }
    throw error
  }
  const shaped = shapeMessage(value)
  if (!shaped.ok) return shaped
  const span = strict.argumentsSpan
  if (span && shaped.message.args !== undefined) shaped.message.argumentsSpan = byteSpan(text, bytes.length, span)
  return { ok: true, message: shaped.message, text }
}

const lookalikeOfEnvelope = createLookalikeSearch(['jsonrpc', 'id', 'method', 'params', 'result', 'error'])
/** what a message is about */
const lookalikeOfParams = createLookalikeSearch(
  'name arguments uri ref argument cursor level task taskId requestId progressToken inputResponses requestState messages _meta'.split(' '),
)
/** what the gateway decides about in a result, and where what is no text may stand */
const lookalikeOfResult = createLookalikeSearch(
  'tools prompts resources inputRequests requestState content contents messages structuredContent'.split(' '),
)

/** For a program that does not care for case, the message would be another one than the one that is decided about. */
function lookalikeProblem(message: JsonObject): string | undefined {
  const { params, result } = message
  const problem = (where: string) => `a name in ${where} differs from one of the protocol only in the case of its letters`
  if (lookalikeOfEnvelope(message) !== undefined) return problem('it')
  if (isJsonObject(params) && lookalikeOfParams(params) !== undefined) return problem('params')
  return isJsonObject(result) && lookalikeOfResult(result) !== undefined ? problem('result') : undefined
}

/**
 * What a message is called is remembered: in the live list, with open calls, by rules that were looked up. What anybody could make as long as
 * a message would fill the memory.
 */
const longestName = 1024
const isTooLong = (name: JsonValue | undefined): boolean => typeof name === 'string' && name.length > longestName

function shapeMessage(value: JsonObject): { ok: true; message: Message } | Extract<MessageParse, { ok: false }> {
  if (value['jsonrpc'] !== '2.0') return notJsonRpc('jsonrpc must be "2.0"')
  const { id, method, params } = value
  if (isTooLong(id)) return notJsonRpc(`id is longer than ${longestName} characters`)
  const lookalike = lookalikeProblem(value)
  if (lookalike !== undefined) return notJsonRpc(lookalike, id)
  if ('id' in value && typeof id !== 'string' && typeof id !== 'number' && id !== null) return notJsonRpc('id must be a string or a number')
  if ('method' in value) {
    if (typeof method !== 'string' || method === '') return notJsonRpc('method must be a string')
    if (isTooLong(method)) return notJsonRpc(`method is longer than ${longestName} characters`, id)
    // half a surrogate pair has no UTF-8: what it names could be neither compared nor signed
    if (!method.isWellFormed()) return notJsonRpc('method must be well-formed Unicode', id)
    if (params !== undefined && !isJsonObject(params)) return notJsonRpc('params must be an object', id, method)
    const name = params?.['name']
    if (typeof name === 'string' && !name.isWellFormed()) return notJsonRpc('params.name must be well-formed Unicode', id, method)
    if (isTooLong(name) || isTooLong(progressTokenOf(params)))
      return notJsonRpc(`params.name or progressToken is longer than ${longestName} characters`, id, method)
    if ('result' in value || 'error' in value) return notJsonRpc('a message has either a method or a result', id, method)
    if ('id' in value && id === null) return notJsonRpc('the id of a request must not be null', id, method)
    return { ok: true, message: shapeRequest(id as RequestId | undefined, method, params) }
  }
  if (!('id' in value)) return notJsonRpc('it has neither a method nor an id')
  if ('result' in value === 'error' in value) return notJsonRpc('a response has either a result or an error')
  const message: Message = { kind: 'response', id: id as RequestId | null }
  if ('result' in value) message.result = value['result'] ?? null
  else if (isJsonObject(value['error'])) message.error = value['error']
  else return notJsonRpc('error must be an object')
  return { ok: true, message }
}

function shapeRequest(id: RequestId | undefined, method: string, params: JsonObject | undefined): Message {
  const message: Message = id === undefined ? { kind: 'notification', method } : { kind: 'request', id, method }
  if (params === undefined) return message
  message.params = params
  const name = params['name']
  if ((method === 'tools/call' || method === 'prompts/get') && typeof name === 'string') message.tool = name
  if (params['arguments'] !== undefined) message.args = params['arguments']
  const token = progressTokenOf(params)
  if (typeof token === 'string' || typeof token === 'number') message.progressToken = token
  return message
}

function progressTokenOf(params: JsonObject | undefined): JsonValue | undefined {
  const meta = params?.['_meta']
  return isJsonObject(meta) ? meta['progressToken'] : undefined
}

function notJsonRpc(problem: string, id?: JsonValue, method?: string): Extract<MessageParse, { ok: false }> {
  const refused: Extract<MessageParse, { ok: false }> = { ok: false, code: 'MESSAGE_NOT_JSONRPC', data: { problem } }
  if (typeof id === 'string' || typeof id === 'number') refused.id = id
  if (method !== undefined) refused.method = method
  return refused
}

class Refused extends Error {
  readonly code: ErrorCode
  readonly data: ErrorData
  constructor(code: ErrorCode, data: ErrorData) {
    super(code)
    this.code = code
    this.data = data
  }
}

/**
 * Looks for names that come twice and numbers that lose digits, and remembers where `params.arguments` stands. A refusal says where
 * (in characters from the start), never what: it is recorded, and what it stands on was not masked.
 */
class StrictVisitor implements JsonVisitor {
  argumentsSpan: { start: number; end: number } | undefined
  readonly #text: string
  readonly #names: (Set<string> | undefined)[] = []
  /** 1: inside the top object, 2: inside params */
  #paramsDepth = 0
  #awaiting: 'params' | 'arguments' | undefined
  #argumentsAt = 0

  constructor(text: string) {
    this.#text = text
  }

  objectStart(start: number): void {
    this.#valueStarts(start)
    this.#names.push(new Set())
  }

  member(name: string, start: number): void {
    const names = this.#names.at(-1)
    if (names?.has(name)) throw new Refused('MESSAGE_DUPLICATE_KEY', { at: start })
    names?.add(name)
    if (this.#names.length === 1) this.#awaiting = name === 'params' ? 'params' : undefined
    else if (this.#names.length === 2 && this.#paramsDepth === 2) this.#awaiting = name === 'arguments' ? 'arguments' : undefined
  }

  objectEnd(end: number): void {
    this.#names.pop()
    this.#valueEnds(end)
  }

  arrayStart(start: number): void {
    this.#valueStarts(start)
    this.#names.push(undefined)
  }

  element(): void {}

  arrayEnd(end: number): void {
    this.#names.pop()
    this.#valueEnds(end)
  }

  string(start: number, end: number): void {
    this.#valueStarts(start)
    this.#valueEnds(end)
  }

  scalar(start: number, end: number): void {
    this.#valueStarts(start)
    const literal = this.#text.slice(start, end)
    const number = Number(literal)
    if (!Number.isNaN(number) && !Number.isSafeInteger(number) && (!Number.isFinite(number) || Number.isInteger(number)))
      throw new Refused('MESSAGE_NUMBER_UNSAFE', { at: start })
    this.#valueEnds(end)
  }

  #valueStarts(start: number): void {
    if (this.#awaiting === 'params' && this.#names.length === 1) {
      this.#paramsDepth = 2
      this.#awaiting = undefined
    } else if (this.#awaiting === 'arguments' && this.#names.length === 2) this.#argumentsAt = start
  }

  #valueEnds(end: number): void {
    if (this.#names.length === 2 && this.#awaiting === 'arguments') {
      this.argumentsSpan = { start: this.#argumentsAt, end }
      this.#awaiting = undefined
    } else if (this.#names.length === 1) this.#paramsDepth = 0
  }
}

/** UTF-16 offsets → byte offsets; the same while the text is ASCII. */
function byteSpan(text: string, bytes: number, span: { start: number; end: number }): { start: number; end: number } {
  if (bytes === text.length) return span
  const start = utf8Length(text.slice(0, span.start))
  return { start, end: start + utf8Length(text.slice(span.start, span.end)) }
}

const encoder = new TextEncoder()
const utf8Length = (text: string): number => encoder.encode(text).length
