import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { DocumentChange } from '../../src-protocol/document-change.ts'
import type { Vote } from '../../src-protocol/model.ts'
import type { MessageRecord, OpenRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { createUptimeWatch } from './watch-uptime.ts'
import { breakGlassLineOf } from './break-glass-rows.ts'
import { accessLineOf } from './access-rows.ts'
import { createVerdictCounter } from '../recording/verdict-counter.ts'

type Cell = string | number | undefined
/** The rows of one table; the first names the columns. */
export type Row = readonly Cell[]

/** Tables an auditor opens: complete, one row for each thing, in the order of the log and of the records. */
export const populationColumns = {
  'population/sessions.csv':
    'session,number,person,name,email,groups,connection,server,agent,reason,opened,ends,closed,end reason,records,allowed,masked,held,denied,policy version,masking version,root,log entry,recording'.split(
      ',',
    ),
  'population/removed.csv':
    'session,number,person,connection,opened,closed,end reason,records,root,close entry,removed,days,rule entry,log entry'.split(','),
  'population/people.csv': 'person,name,email,groups,first session,last session,sessions'.split(','),
  'population/calls.csv':
    'session,record,at,person,connection,method,tool,decision,rule,outcome,answered,milliseconds,values masked,approval,sha256 of the masked request'.split(
      ',',
    ),
  'population/decisions.csv': 'session,record,at,from,method,tool,decision,rule,policy version,because'.split(','),
  'population/masks.csv': 'session,record,at,from,rule,kind,place,values'.split(','),
  'population/refusals.csv': 'session,record,at,code,method,tool,sentence'.split(','),
  'population/approvals.csv':
    'approval,requested,session,requester,connection,tool,rule,approvals needed,groups,decide by,approved by,denied by,state,settled,digest,log entry,names of who decided'.split(
      ',',
    ),
  'population/policies.csv':
    'at,document,version,author,approved by,message,log entry,base,lines added,lines removed,rules added,rules changed,rules removed,other parts'.split(
      ',',
    ),
  'population/access.csv': 'at,act,person,connection,by,about,log entry'.split(','),
  'population/admin.csv': 'at,act,by,subject,log entry'.split(','),
  'population/uptime.csv': 'what,from,to,seconds,sentence,log entry'.split(','),
} as const
export type PopulationFile = keyof typeof populationColumns

interface Approval {
  requested: string
  entry: Extract<LogEntry, { kind: 'approval.requested' }>
  index: number
  approvedBy: string[]
  deniedBy: string[]
  names: string[]
  state: string
  settled?: string
}

interface Person {
  open: OpenRecord
  first: string
  last: string
  sessions: number
}

/** What the log says of a session that is closed. */
export interface LoggedRecording {
  session: string
  /** of its session.close entry */
  index: number
  at: string
  root: string
  count: number
  endReason: string
  open?: Pick<Extract<LogEntry, { kind: 'session.open' }>, 'counter' | 'person' | 'connection' | 'at' | 'policyVersion' | 'maskingVersion'>
  /** a rule of retention removed its recording: when, by which entry, and which entry is the rule */
  removed?: { at: string; index: number; days: number; rule: number }
}

export interface PopulationTables {
  addEntry(entry: LogEntry, index: number): void
  /** a recording's rows are written as it is read, so that memory does not grow with the records */
  sessionRows(
    records: Iterable<SessionRecord>,
    close: { root: string; index: number } | undefined,
    write: (file: PopulationFile, row: Row) => void,
  ): void
  /** of a recording that a rule removed only what the log says is left */
  removedRows(closed: LoggedRecording, write: (file: PopulationFile, row: Row) => void): void
  /** of one that is not there, and of which the log says no such thing, too */
  missingRow(closed: LoggedRecording, write: (file: PopulationFile, row: Row) => void): void
  /** what can only be told when everything was seen */
  finish(write: (file: PopulationFile, row: Row) => void): void
}

/** What a version changed; of a changed rule also which of its parts. */
function changeCells(change: DocumentChange | undefined): (string | number | undefined)[] {
  const { added, changed, removed } = change?.rules ?? {}
  const inPart = changed?.map(({ rule, parts }) => `${rule} (${parts.join(', ')})`)
  return [
    change?.base,
    change?.linesAdded,
    change?.linesRemoved,
    ...[added, inPart, removed, change?.other].map((names) => names?.join('; ')),
  ]
}

export function createPopulationTables(): PopulationTables {
  const approvals = new Map<string, Approval>()
  const people = new Map<string, Person>()
  const gathered: [PopulationFile, Row][] = []
  const uptime = createUptimeWatch()

  function addEntry(entry: LogEntry, index: number): void {
    const line = accessLineOf(entry) ?? breakGlassLineOf(entry)
    if (line) gathered.push(['population/access.csv', [entry.at, line.act, line.person, line.connection, line.by, line.about, index]])
    uptime.add(entry, index)
    switch (entry.kind) {
      case 'policy.version':
        gathered.push([
          'population/policies.csv',
          [entry.at, entry.document, entry.version, entry.author, entry.approvedBy, entry.message, index, ...changeCells(entry.change)],
        ])
        return
      case 'policy.proposed':
        gathered.push([
          'population/admin.csv',
          [entry.at, entry.kind, entry.author, `${entry.document} ${entry.version}: ${entry.message}`, index],
        ])
        return
      case 'policy.rejected':
      case 'policy.withdrawn':
        gathered.push([
          'population/admin.csv',
          [entry.at, entry.kind, entry.by, `${entry.document} ${entry.version}: ${entry.reason}`, index],
        ])
        return
      case 'identity':
        gathered.push(['population/access.csv', [entry.at, entry.act, entry.person, undefined, undefined, undefined, index]])
        return
      case 'session.watch':
        gathered.push([
          'population/access.csv',
          [entry.at, `watch ${entry.event} ${entry.session}`, entry.by, undefined, undefined, undefined, index],
        ])
        return
      case 'agent.refused':
        gathered.push([
          'population/admin.csv',
          [entry.at, `${entry.kind} ${entry.reason}`, entry.server, `${entry.session}: ${entry.problem}`, index],
        ])
        return
      case 'session.ended-by':
        gathered.push(['population/admin.csv', [entry.at, entry.kind, entry.by, `${entry.session}: ${entry.reason}`, index]])
        return
      case 'recording.retention':
        gathered.push(['population/admin.csv', [entry.at, entry.kind, undefined, JSON.stringify(entry.terms), index]])
        return
      case 'recording.hold':
        gathered.push([
          'population/admin.csv',
          [entry.at, entry.kind, entry.by, `${entry.hold}: ${JSON.stringify(entry.selection)} ${entry.reason}`, index],
        ])
        return
      case 'recording.release-asked':
      case 'recording.release-refused':
      case 'recording.released':
        gathered.push(['population/admin.csv', [entry.at, entry.kind, entry.by, `${entry.hold}: ${entry.reason}`, index]])
        return
      case 'approval.reported':
        gathered.push(['population/admin.csv', [entry.at, entry.kind, entry.by, `${entry.session}: ${entry.reason}`, index]])
        return
      case 'admin':
        gathered.push(['population/admin.csv', [entry.at, entry.act, entry.by, entry.subject, index]])
        return
      case 'approval.requested':
        approvals.set(entry.approval, { requested: entry.at, entry, index, approvedBy: [], deniedBy: [], names: [], state: 'pending' })
        return
      case 'break-glass.used':
        approvals.get(entry.approval)?.approvedBy.push(entry.breakGlass)
        return
      case 'approval.vote': {
        const { vote, approval } = entry
        const known = approvals.get(approval)
        ;(vote.decision === 'approve' ? known?.approvedBy : known?.deniedBy)?.push(deciderOf(vote))
        known?.names.push(nameOf(vote))
        return
      }
      case 'approval.settled': {
        const known = approvals.get(entry.approval)
        if (known) Object.assign(known, { state: entry.state, settled: entry.at })
        return
      }
      default:
        if (entry.kind.startsWith('tool.') && 'tool' in entry && 'by' in entry) {
          gathered.push(['population/admin.csv', [entry.at, entry.kind, entry.by, `${entry.connection}: ${entry.tool}`, index]])
        }
    }
  }

  function notePerson(open: OpenRecord): void {
    const known = people.get(open.person.sub)
    if (!known) {
      people.set(open.person.sub, { open, first: open.at, last: open.at, sessions: 1 })
      return
    }
    known.sessions += 1
    // sessions come in the order in which they closed, which is not the one in which they were opened
    if (open.at < known.first) known.first = open.at
    if (open.at >= known.last) Object.assign(known, { last: open.at, open })
  }

  return {
    addEntry,
    sessionRows(records, close, write) {
      let open: OpenRecord | undefined
      let count = 0
      let end: Extract<SessionRecord, { kind: 'close' }> | undefined
      const counter = createVerdictCounter()
      const calls = createCallRows((row) => write('population/calls.csv', row))
      for (const record of records) {
        count += 1
        counter.add(record)
        if (record.kind === 'open') open ??= record
        if (!open) continue
        if (record.kind === 'close') end = record
        calls.add(open, record)
        writeMessage(open, record, write)
      }
      calls.finish()
      if (!open) return
      notePerson(open)
      const { allowed, masked, held, denied } = counter.counts()
      const { person, agent } = open
      write('population/sessions.csv', [
        open.session,
        open.counter,
        person.sub,
        person.name,
        person.email,
        person.groups.join(' '),
        open.connection,
        open.server,
        agent.name,
        open.reason,
        open.at,
        open.endsAt,
        end?.at,
        end?.endReason,
        count,
        allowed,
        masked,
        held,
        denied,
        open.policyVersion,
        open.maskingVersion,
        close?.root,
        close?.index,
        'stored',
      ])
    },
    removedRows(closed, write) {
      const { session, open, at, endReason, count, root, index, removed } = closed
      if (!removed) return
      write('population/sessions.csv', rowOfLog(closed, `removed: log entry ${removed.index}`))
      const told = [session, open?.counter, open?.person, open?.connection, open?.at, at, endReason, count, root, index]
      write('population/removed.csv', [...told, removed.at, removed.days, removed.rule, removed.index])
    },
    missingRow: (closed, write) => write('population/sessions.csv', rowOfLog(closed, 'missing')),
    finish(write) {
      for (const [file, row] of gathered) write(file, row)
      for (const { what, from, to, seconds, sentence, index } of uptime.events) {
        write('population/uptime.csv', [what, from, to, seconds, sentence, index])
      }
      for (const { open, first, last, sessions } of people.values()) {
        const { sub, name, email, groups } = open.person
        write('population/people.csv', [sub, name, email, groups.join(' '), first, last, sessions])
      }
      for (const { entry, index, requested, approvedBy, deniedBy, names, state, settled } of approvals.values()) {
        const { approval, digest, input } = entry
        write('population/approvals.csv', [
          approval,
          requested,
          input.session,
          input.requester,
          input.connection,
          input.tool,
          input.rule,
          input.approvals,
          input.groups.join(' '),
          input.decideBy,
          approvedBy.join(' '),
          deniedBy.join(' '),
          state,
          settled,
          digest,
          index,
          names.join(', '),
        ])
      }
    },
  }
}

/** A row of the sessions by the log alone: what stands in the recording only is left empty. */
function rowOfLog({ session, open, at, endReason, count, root, index }: LoggedRecording, recording: string): Row {
  const { counter, person, connection, at: opened, policyVersion, maskingVersion } = open ?? {}
  const blank = undefined
  const who = [session, counter, person, blank, blank, blank, connection, blank, blank, blank, opened, blank]
  return [...who, at, endReason, count, blank, blank, blank, blank, policyVersion, maskingVersion, root, index, recording]
}

function writeMessage(open: OpenRecord, record: SessionRecord, write: (file: PopulationFile, row: Row) => void): void {
  const { session } = open
  if (record.kind === 'error') {
    write('population/refusals.csv', [session, record.seq, record.at, record.code, record.method, record.tool, record.message])
  }
  if (record.kind !== 'request' && record.kind !== 'response' && record.kind !== 'notification') return
  const { seq, at, direction, method, tool, decision, masks } = record
  if (decision) {
    const { effect, rule, policyVersion, because } = decision
    write('population/decisions.csv', [session, seq, at, direction, method, tool, effect, rule ?? 'default', policyVersion, because])
  }
  for (const { rule, kind, path, count } of masks) write('population/masks.csv', [session, seq, at, direction, rule, kind, path, count])
}

interface PendingCall {
  open: OpenRecord
  request: MessageRecord
  approval?: string
  values: number
}

/** A call is a request of the client that was decided about; its row is written when its answer is seen, or at the end. */
function createCallRows(write: (row: Row) => void) {
  const pending = new Map<number, PendingCall>()
  const finish = ({ open, request, approval, values }: PendingCall, outcome: string, answeredAt?: string) => {
    pending.delete(request.exchange)
    const { seq, at, method, tool, decision, sha256 } = request
    const took = answeredAt === undefined ? undefined : Date.parse(answeredAt) - Date.parse(at)
    const { session, connection, person } = open
    write([
      session,
      seq,
      at,
      person.sub,
      connection,
      method,
      tool,
      decision?.effect,
      decision?.rule ?? 'default',
      outcome,
      answeredAt,
      took,
      values,
      approval,
      sha256,
    ])
  }
  return {
    add(open: OpenRecord, record: SessionRecord): void {
      if (record.kind === 'request' && record.direction === 'client') {
        pending.set(record.exchange, { open, request: record, values: valuesOf(record) })
        return
      }
      const call = 'exchange' in record && record.exchange !== undefined ? pending.get(record.exchange) : undefined
      if (!call) return
      if (record.kind === 'approval') call.approval = record.approval
      if (record.kind === 'response' && record.direction === 'server' && record.id === call.request.id) {
        call.values += valuesOf(record)
        finish(
          call,
          record.delivered === false ? 'answered, not delivered' : call.request.decision?.effect === 'deny' ? 'refused' : 'answered',
          record.at,
        )
      } else if (record.kind === 'error') finish(call, `failed: ${record.code}`, record.at)
    },
    finish(): void {
      for (const call of pending.values()) finish(call, call.request.decision?.effect === 'deny' ? 'refused' : 'no answer')
    },
  }
}

const valuesOf = ({ masks }: MessageRecord): number => masks.reduce((sum, { count }) => sum + count, 0)

/** Where it was in somebody's place, that is said. */
const nameOf = ({ person, onBehalfOf }: Vote): string => (onBehalfOf ? `${person.name} for ${onBehalfOf.name}` : person.name)
const deciderOf = ({ person, onBehalfOf }: Vote): string => (onBehalfOf ? `${person.sub} for ${onBehalfOf.sub}` : person.sub)
