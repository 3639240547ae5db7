import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { LogListener } from '../state/replay-log.ts'
import type { DocumentKind } from './document-version.ts'

type Proposed = Pick<Extract<LogEntry, { kind: 'policy.proposed' }>, 'proposal' | 'document' | 'version' | 'base' | 'author'>
type Noted =
  | Pick<Extract<LogEntry, { kind: 'policy.version' }>, 'kind' | 'document' | 'version'>
  | ({ kind: 'policy.proposed' } & Proposed)
  | Pick<Extract<LogEntry, { kind: 'policy.rejected' | 'policy.withdrawn' }>, 'kind' | 'proposal'>

/**
 * What the log holds of policy and masking: which version was put in force last, and what waits for a second
 * administrator. Whoever writes past the
 * gateway into its database can make another version look as if it ruled, or as if another administrator had proposed it: that does not count.
 */
export interface LoggedDocuments {
  /** what it learns from the log at start */
  listener: LogListener
  /** an entry that was just appended */
  note(entry: Noted): void
  inForce(kind: DocumentKind): string | undefined
  /** undefined if nobody proposed it, or it was decided since */
  proposal(id: string): Proposed | undefined
}

export function createLoggedDocuments(): LoggedDocuments {
  const versions = new Map<DocumentKind, string>()
  const proposals = new Map<string, Proposed>()

  function note(entry: Noted): void {
    if (entry.kind === 'policy.proposed') {
      const { proposal, document, version, base, author } = entry
      proposals.set(proposal, { proposal, document, version, base, author })
    } else if (entry.kind === 'policy.version') {
      versions.set(entry.document, entry.version)
      // what was proposed against an earlier version has to be proposed again
      for (const [id, { document, base }] of proposals) if (document === entry.document && base !== entry.version) proposals.delete(id)
    } else proposals.delete(entry.proposal)
  }

  return {
    note,
    listener: {
      mark: '"kind":"policy.',
      note(entry) {
        if (
          entry.kind === 'policy.version' ||
          entry.kind === 'policy.proposed' ||
          entry.kind === 'policy.rejected' ||
          entry.kind === 'policy.withdrawn'
        )
          note(entry)
      },
    },
    inForce: (kind) => versions.get(kind),
    proposal: (id) => proposals.get(id),
  }
}
