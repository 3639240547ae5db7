import type { SessionRecord } from '../../../src-protocol/recording.ts'

/** of a message longer than this, the beginning can be searched */
const searchedLength = 4 * 1024 * 1024

/** What a search looks at in a record. */
export interface SearchText {
  body: string
  tool: string
  /** of policy and masking */
  rules: readonly string[]
}

export function searchTextOf(record: SessionRecord): SearchText {
  switch (record.kind) {
    case 'open': {
      const { name, email = '' } = record.person
      return { body: [record.reason, name, email, record.connection, record.session].join('\n'), tool: '', rules: [] }
    }
    case 'request':
    case 'response':
    case 'notification': {
      const rules = [...new Set([record.decision?.rule ?? '', ...record.masks.map(({ rule }) => rule)])].filter((rule) => rule !== '')
      return { body: record.body.slice(0, searchedLength), tool: `${record.tool ?? ''} ${record.method}`, rules }
    }
    case 'approval':
      return { body: [record.approval, record.event, record.by, record.reason].join(' '), tool: '', rules: [] }
    case 'error':
      return { body: `${record.code} ${record.message}`, tool: record.tool ?? '', rules: [] }
    case 'resume':
      return { body: record.cause, tool: '', rules: [] }
    case 'close':
      return { body: [record.endReason, record.by?.name, record.because].join(' '), tool: '', rules: [] }
    case 'live-watch':
      return { body: record.by.name, tool: '', rules: [] }
    default:
      return record satisfies never
  }
}
