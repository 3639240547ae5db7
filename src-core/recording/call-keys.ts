import { hash } from 'node:crypto'
import { tellingArguments } from './message-summary.ts'

/** What a recorded request asks for; its id and `_meta` say nothing about that. */
interface RecordedRequest {
  method: string
  tool?: string | undefined
  body: string
}

/** Numbers for requests: equal requests get the same one. Only hashes are kept, whatever the size of the requests. */
export function createCallKeys(ignoreValues: boolean): (request: RecordedRequest) => number {
  const known = new Map<string, number>()
  return ({ method, tool = '', body }) => {
    const asked = hash('sha256', `${method}\n${tool}\n${askedFor(body, ignoreValues)}`, 'base64url')
    const key = known.get(asked) ?? known.size
    known.set(asked, key)
    return key
  }
}

function askedFor(body: string, ignoreValues: boolean): string {
  let message: unknown
  try {
    message = JSON.parse(body)
  } catch {
    // recorded as it came: then only the same bytes are the same request
    return body
  }
  const params = typeof message === 'object' && message !== null && 'params' in message ? message.params : undefined
  if (typeof params !== 'object' || params === null) return ''
  const asked = '_meta' in params ? { ...params, _meta: undefined } : params
  return JSON.stringify(ignoreValues ? shapeOf(asked, '') : asked)
}

/** Statements, paths and the like without the numbers and quoted texts in them; of everything else only that it is there. */
function shapeOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((one) => shapeOf(one, name))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([inner, one]) => [inner, shapeOf(one, inner)]))
  }
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !tellingArguments.includes(name)) return '?'
  return value.replace(/'[^']*'|"[^"]*"/g, '?').replace(/\b\d+(?:\.\d+)?\b/g, '?')
}
