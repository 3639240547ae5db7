import { memberOf, readJson, scalarText, type JsonReading } from '../../components/json-document.ts'
import { MaskPlaces, pointerStep } from '../../components/mask-places.ts'
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
export interface RequestArguments {
  language: 'sql' | 'json'
  text: string
  /** the arguments exactly as recorded */
  raw: string
  /** where `text` stands, for its masks */
  path: string
}

const sqlNames = ['sql', 'query', 'statement']
const argumentsPath = '/params/arguments'

/** The SQL of a request, or its arguments as JSON; undefined if it has none. */
export function argumentsOf(record: MessageRecord): RequestArguments | undefined {
  const reading = readJson(record.body)
  if (!reading.ok) return undefined
  const { document } = reading
  const node = memberOf(memberOf(document.root, 'params'), 'arguments')
  if (!node) return undefined
  const raw = document.text.slice(node.start, node.end)
  for (const name of sqlNames) {
    const value = memberOf(node, name)
    if (value?.kind !== 'string') continue
    const text = scalarText(document, value)
    if (text.trim() !== '') return { language: 'sql', text, raw, path: argumentsPath + pointerStep(name) }
  }
  return { language: 'json', text: JSON.stringify(JSON.parse(raw), null, 2), raw, path: argumentsPath }
}
