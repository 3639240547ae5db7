import type { ControlEvidence, ControlId } from '../../src-protocol/controls.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Overview, Period } from '../../src-protocol/overview.ts'

export interface EvidencePorts {
  overview(period: Period): Promise<Overview>
  entries(period: Period): Promise<ReadonlyMap<string, number>>
  /** 2: a change of the rules takes two administrators */
  activationApprovals: number
  /** how often the glass was broken and nobody has reviewed it since, whenever that was */
  unreviewedBreakGlass(): number
}

type Gathered = Omit<ControlEvidence, 'control'>

interface Sources {
  overview: Overview
  entries: (...kinds: LogEntry['kind'][]) => number
  activationApprovals: number
  unreviewed: number
}

/** What the gateway holds about each criterion, counted; and what it cannot hold, said. */
const gatherers: Record<ControlId, (sources: Sources) => Gathered> = {
  'CC6.1': ({ overview: { calls, sessions } }) => ({
    held: [
      { what: 'calls decided by policy', count: calls.allowed + calls.masked + calls.held + calls.denied, link: 'sessions' },
      { what: 'of them denied', count: calls.denied, link: 'denied' },
      { what: 'sessions, each for a reason and a time', count: sessions, link: 'sessions' },
    ],
    missing: ['What went past the gateway: a server that can be reached without it has to be closed elsewhere.'],
  }),
  'CC6.2': ({ overview: { people }, entries }) => ({
    held: [
      { what: 'people who opened a session', count: people, link: 'access-review' },
      { what: 'sign-ins and sign-outs', count: entries('identity') },
      { what: 'changes of agents and connections', count: entries('admin'), link: 'evidence' },
    ],
    missing: [
      'When somebody joined or left the organisation: the identity provider knows that. The gateway hears of it when their sign-in is renewed.',
    ],
  }),
  'CC6.3': ({ overview: { approvals, access, accessMore }, entries, unreviewed }) => ({
    held: [
      { what: 'requests for approval', count: approvals.outcomes.reduce((sum, { count }) => sum + count, 0), link: 'approvals' },
      { what: 'signed votes', count: entries('approval.vote'), link: 'approvals' },
      { what: 'times that the glass was broken', count: entries('break-glass.opened'), link: 'break-glass' },
      { what: 'reviews of that by somebody else', count: entries('break-glass.reviewed'), link: 'break-glass' },
      { what: 'uses of connections by person', count: access.length + accessMore, link: 'access-review' },
    ],
    missing: [
      ...(unreviewed > 0
        ? [`A review of ${unreviewed === 1 ? 'a time' : `${unreviewed} times`} that the glass was broken: nobody has made it.`]
        : []),
      'That somebody looked at the access review: sign it off where you keep your reviews, with its CSV.',
    ],
  }),
  'CC6.6': ({ entries }) => ({
    held: [
      { what: 'sign-ins and sign-outs', count: entries('identity') },
      { what: 'agents and connections, enrolled or changed', count: entries('admin'), link: 'evidence' },
    ],
    missing: ['Refused requests without a sign-in: they are answered and not kept, so that nobody can fill the log from outside.'],
  }),
  'CC7.2': ({ overview: { sessions, gaps }, entries }) => ({
    held: [
      { what: 'recorded sessions', count: sessions, link: 'sessions' },
      { what: 'sessions watched live', count: Math.ceil(entries('session.watch') / 2) },
      { what: 'gaps in the evidence', count: gaps.reduce((sum, { count }) => sum + count, 0), link: 'gaps' },
    ],
    missing: ['Alarms outside of this program: send its log and its alarm lines to where you watch the others.'],
  }),
  'CC7.3': ({ overview: { calls, approvals } }) => ({
    held: [
      { what: 'denied calls', count: calls.denied, link: 'denied' },
      { what: 'held calls', count: calls.held, link: 'held' },
      {
        what: 'requests decided by a person',
        count: approvals.outcomes
          .filter(({ outcome }) => outcome === 'approved' || outcome === 'denied')
          .reduce((sum, { count }) => sum + count, 0),
        link: 'approvals',
      },
    ],
    missing: ['That denied calls were looked at afterwards: nothing here asks anybody to.'],
  }),
  'CC8.1': ({ entries, activationApprovals }) => ({
    held: [
      { what: 'versions of policy and masking put in force', count: entries('policy.version'), link: 'policies' },
      { what: 'proposals', count: entries('policy.proposed'), link: 'policies' },
      { what: 'proposals rejected or withdrawn', count: entries('policy.rejected', 'policy.withdrawn'), link: 'policies' },
    ],
    missing: [
      ...(activationApprovals < 2 ? ['A second person: one administrator alone can change the rules (activation.approvals is 1).'] : []),
      'Changes of the gateway’s own configuration file and of its program.',
    ],
  }),
  'C1.1': ({ overview: { masks, calls } }) => ({
    held: [
      { what: 'masked values', count: masks.reduce((sum, { values }) => sum + values, 0), link: 'masked' },
      { what: 'calls in which something was masked', count: calls.masked, link: 'masked' },
      { what: 'masking rules that hit', count: masks.length, link: 'masking' },
    ],
    missing: ['Values that no rule names. Masking finds what it is told to find.'],
  }),
  'PI1.4': ({ overview: { sessions }, entries }) => ({
    held: [
      { what: 'sessions opened', count: sessions, link: 'sessions' },
      { what: 'recordings closed, with count and root', count: entries('session.close'), link: 'sessions' },
      { what: 'evidence packs made', count: entries('export.pack'), link: 'evidence' },
    ],
    missing: [],
  }),
  'A1.2': ({ overview: { gaps }, entries }) => ({
    held: [
      { what: 'starts of the gateway', count: entries('gateway.start') },
      { what: 'checkpoints of running recordings', count: entries('session.checkpoint') },
      { what: 'sessions that a crash ended', count: gaps.find(({ gap }) => gap === 'gateway-crash')?.count ?? 0, link: 'gaps' },
    ],
    missing: ['Backups of the two folders, and a drill that restores them: make them, and keep their record.'],
  }),
}

export async function gatherEvidence(ports: EvidencePorts, controls: readonly ControlId[], period: Period): Promise<ControlEvidence[]> {
  const overview = await ports.overview(period)
  const entries = await ports.entries(period)
  const sources: Sources = {
    overview,
    entries: (...kinds) => kinds.reduce((sum, kind) => sum + (entries.get(kind) ?? 0), 0),
    activationApprovals: ports.activationApprovals,
    unreviewed: ports.unreviewedBreakGlass(),
  }
  return controls.map((control) => ({ control, ...gatherers[control](sources) }))
}
