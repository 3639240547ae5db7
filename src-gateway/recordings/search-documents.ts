import { createHash } from 'node:crypto'
import { plainText } from '../../src-core/recording/plain-text.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import type { SearchedVerdict } from '../../src-protocol/recording-search.ts'

/** What the index knows of one call: the words of its messages, and what it can be filtered by. */
export interface SearchDocument {
  text: string
  facets: string
}

/** of a longer call, the beginning can be searched */
const searchedLength = 1024 * 1024
/** calls that are under way at the same time; above, the oldest is written as far as it has come */
const mostOpen = 64

type Facet = 'connection' | 'person' | 'tool' | 'rule' | 'verdict'

/** A value as one word of the index, whatever characters it has: each kind begins with a letter of its own. */
export const facetWord = (facet: Facet, value: string): string =>
  `${facet[0]}${createHash('sha256').update(value).digest('hex').slice(0, 24)}`

/** The document that stands for the session as a whole has this word, and no other has. */
export const sessionWord = 'session'

interface OpenDocument {
  text: string[]
  length: number
  tools: Set<string>
  rules: Set<string>
  verdict: SearchedVerdict | undefined
}

/** Turns the records of one session into documents, while they are read. Memory grows with the calls that are open at the same time. */
export function createDocuments(session: { connection: string; person: string }, write: (document: SearchDocument) => void) {
  const common = [facetWord('connection', session.connection), facetWord('person', session.person)]
  const open = new Map<number, OpenDocument>()
  const whole: string[] = []

  function flush(exchange: number, document: OpenDocument): void {
    open.delete(exchange)
    const { tools, rules, verdict } = document
    const own = [...[...tools].map((tool) => facetWord('tool', tool)), ...[...rules].map((rule) => facetWord('rule', rule))]
    if (verdict) own.push(facetWord('verdict', verdict))
    write({ text: document.text.join(' '), facets: [...common, ...own].join(' ') })
  }

  function documentOf(exchange: number): OpenDocument {
    const known = open.get(exchange)
    if (known) return known
    const [oldest] = open
    if (open.size >= mostOpen && oldest) flush(...oldest)
    const document: OpenDocument = { text: [], length: 0, tools: new Set(), rules: new Set(), verdict: undefined }
    open.set(exchange, document)
    return document
  }

  function add(exchange: number, words: string): OpenDocument {
    const document = documentOf(exchange)
    const text = plainText(words.slice(0, searchedLength - document.length))
    document.text.push(text)
    document.length += text.length
    return document
  }

  return {
    add(record: SessionRecord): void {
      switch (record.kind) {
        case 'open':
          whole.push(record.reason, record.person.name, record.person.email ?? '', record.server, record.agent.name)
          return
        case 'request':
        case 'response':
        case 'notification': {
          const document = add(record.exchange, record.body)
          if (record.tool !== undefined) document.tools.add(record.tool)
          for (const { rule } of record.masks) document.rules.add(rule)
          const { decision } = record
          if (decision?.rule) document.rules.add(decision.rule)
          document.verdict = verdictOf(document.verdict, record)
          // notifications of a stream that listens have no end; whatever else comes later makes a document of its own
          if (record.kind === 'response' && record.direction === 'server') flush(record.exchange, document)
          return
        }
        case 'approval': {
          const document = add(record.exchange, [record.approval, record.event, record.by, record.reason].join(' '))
          document.verdict = stricter(document.verdict, 'held')
          return
        }
        case 'error': {
          const words = `${record.code} ${record.message}`
          if (record.exchange === undefined) {
            whole.push(words)
            return
          }
          const document = add(record.exchange, words)
          if (record.tool !== undefined) document.tools.add(record.tool)
          if (record.refusedBytes !== undefined) document.verdict = 'denied'
          return
        }
        case 'resume':
          whole.push(record.cause)
          return
        case 'live-watch':
          whole.push(record.by.name)
          return
        case 'close':
          whole.push(record.endReason)
          return
        default:
          record satisfies never
      }
    },
    end(): void {
      for (const [exchange, document] of open) flush(exchange, document)
      write({ text: whole.join(' ').slice(0, searchedLength), facets: [...common, sessionWord].join(' ') })
    },
  }
}

const rank: Record<SearchedVerdict, number> = { allowed: 0, masked: 1, held: 2, denied: 3 }

const stricter = (known: SearchedVerdict | undefined, next: SearchedVerdict): SearchedVerdict =>
  known !== undefined && rank[known] >= rank[next] ? known : next

type Message = Extract<SessionRecord, { kind: 'request' | 'response' | 'notification' }>

/** As calls are counted (src-core/recording/verdict-counter.ts). */
function verdictOf(known: SearchedVerdict | undefined, record: Message): SearchedVerdict | undefined {
  const masked = record.masks.length > 0 ? stricter(known, 'masked') : known
  if (record.kind !== 'request' || record.direction !== 'client') return masked
  switch (record.decision?.effect) {
    case 'deny':
      return stricter(masked, 'denied')
    case 'review':
      return stricter(masked, 'held')
    case 'mask':
      return stricter(masked, 'masked')
    default:
      return stricter(masked, 'allowed')
  }
}
