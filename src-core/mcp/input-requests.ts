import { createLookalikeSearch } from '../json/lookalike-names.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts'

/** What a server asks of its client inside a result (MCP 2026-07-28, multi round-trip requests). */
export interface InputRequest {
  /** the server's name for it */
  key: string
  method: string
  params: JsonObject | undefined
}

const lookalikeOfRequest = createLookalikeSearch(['method', 'params'])

/**
 * The input requests of a result, whatever its `resultType` claims: a client may act on what it finds. Undefined if there are none; `malformed`
 * if one of them cannot be decided about.
 */
export function inputRequestsOf(result: JsonValue | undefined): InputRequest[] | 'malformed' | undefined {
  const requests = isJsonObject(result) ? result['inputRequests'] : undefined
  if (requests === undefined) return undefined
  if (!isJsonObject(requests)) return 'malformed'
  const found: InputRequest[] = []
  for (const [key, request] of Object.entries(requests)) {
    if (!isJsonObject(request) || typeof request['method'] !== 'string' || lookalikeOfRequest(request) !== undefined) return 'malformed'
    const params = request['params']
    if (params !== undefined && !isJsonObject(params)) return 'malformed'
    found.push({ key, method: request['method'], params })
  }
  return found
}

const inputMethods = ['elicitation/create', 'sampling/createMessage', 'roots/list'] as const
export type InputMethod = (typeof inputMethods)[number]

/** What kinds of request a client's `inputResponses` answer, told by their form: by name they could claim anything. */
export function inputMethodsAnswered(params: JsonObject | undefined): readonly InputMethod[] {
  const responses = params?.['inputResponses']
  if (responses === undefined) return []
  // what has no form that is known may be any of them
  if (!isJsonObject(responses)) return inputMethods
  return [...new Set(Object.values(responses).flatMap(methodsOf))]
}

function methodsOf(response: JsonValue): readonly InputMethod[] {
  if (!isJsonObject(response)) return inputMethods
  const methods: InputMethod[] = []
  if ('action' in response) methods.push('elicitation/create')
  if ('role' in response || 'model' in response) methods.push('sampling/createMessage')
  if ('roots' in response) methods.push('roots/list')
  return methods.length > 0 ? methods : inputMethods
}
