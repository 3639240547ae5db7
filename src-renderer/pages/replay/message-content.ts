import { isJsonObject, type JsonValue } from '../../../src-core/json/json-value.ts'
import { readJson, type JsonReading } from '../../components/json-document.ts'
import { MaskPlaces } from '../../components/mask-places.ts'
import type { MessageRecord, SessionRecord } from '../../../src-protocol/recording.ts'
import type { StoredRecord } from './use-exchange.ts'

/** What of a record is read: the message that was delivered, or the line itself where there is none. */
export interface MessageContent {
  text: string
  json: JsonReading
  masks: MaskPlaces
}

export function contentOf({ record, line }: StoredRecord): MessageContent {
  const text = isMessage(record) ? record.body : line
  return { text, json: readJson(text), masks: new MaskPlaces(isMessage(record) ? record.masks : []) }
}

export function isMessage(record: SessionRecord | undefined): record is MessageRecord {
  return record?.kind === 'request' || record?.kind === 'response' || record?.kind === 'notification'
}

/** What a request asks for, shown below its answer. */
export type RequestArguments =
  { language: 'sql'; text: string; raw: string; path: string } | { language: 'json'; text: string; raw: string; path: string }

const sqlNames = ['sql', 'query', 'statement']
const argumentsPath = '/params/arguments'

/** The SQL of a request, or its arguments as JSON; undefined if it has none. */
export function argumentsOf(record: MessageRecord): RequestArguments | undefined {
  const args = parsedArguments(record.body)
  if (args === undefined) return undefined
  const raw = JSON.stringify(args)
  if (isJsonObject(args)) {
    for (const name of sqlNames) {
      const value = args[name]
      if (typeof value === 'string' && value.trim() !== '') return { language: 'sql', text: value, raw, path: `${argumentsPath}/${name}` }
    }
  }
  return { language: 'json', text: JSON.stringify(args, null, 2), raw, path: argumentsPath }
}

function parsedArguments(body: string): JsonValue | undefined {
  try {
    const message = JSON.parse(body) as JsonValue
    const params = isJsonObject(message) ? message.params : undefined
    return isJsonObject(params) ? params.arguments : undefined
  } catch {
    return undefined
  }
}
