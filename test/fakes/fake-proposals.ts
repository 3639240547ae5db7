import { AppError } from '../../src-protocol/app-error.ts'
import type { ProposalId } from '../../src-protocol/ids.ts'
import type { PolicyVersion } from '../../src-protocol/policy-version.ts'
import type { ActivationRequest, PolicyProposal } from '../../src-protocol/policy-proposal.ts'
import { fakePolicies } from './fake-documents.ts'
import { sofia } from './fake-people.ts'
import { ago, days, fakeHex, hours, minutes, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'

type ProposalChannel =
  | 'policies:list'
  | 'policies:activate'
  | 'policies:proposals'
  | 'policies:activate-proposal'
  | 'policies:reject-proposal'
  | 'policies:withdraw-proposal'

/** Versions and proposals of them, kept in memory: in the scenario `four-eyes` it takes two administrators. */
export function fakeProposals(
  setting: FakeSetting,
  ports: { check: (text: string) => void; changed: () => void },
): Pick<FakeHandlers, ProposalChannel> {
  const { scenario, person } = setting
  const fourEyes = scenario === 'four-eyes'
  let versions = fakePolicies(setting)
  let proposals = fourEyes ? exampleProposals(setting, versions) : []
  const actor = { sub: person.sub, name: person.name }
  const time = (): string => new Date().toISOString()

  function putInForce(kind: PolicyVersion['kind'], text: string, values: Pick<PolicyVersion, 'author' | 'approvedBy' | 'message'>) {
    const version: PolicyVersion = { version: fakeHex(text), kind, text, at: time(), active: true, ...values }
    const others = versions.filter((one) => one.version !== version.version)
    versions = [version, ...others.map((one) => (one.kind === kind ? { ...one, active: false } : one))]
    return version
  }
  function change(id: string, values: Partial<PolicyProposal>): PolicyProposal {
    const found = proposals.find((one) => one.id === id)
    if (found === undefined) throw new AppError('NOT_FOUND', { what: 'The proposal' })
    const changed = { ...found, ...values }
    proposals = proposals.map((one) => (one.id === id ? changed : one))
    ports.changed()
    return changed
  }
  const decided = { decidedBy: actor, decidedAt: time() }

  function propose({ kind, text, message = '' }: ActivationRequest): PolicyProposal {
    const proposal: PolicyProposal = {
      id: `prp_${fakeHex(text, 16)}` as ProposalId,
      kind,
      text,
      version: fakeHex(text),
      message,
      author: actor,
      at: time(),
      expiresAt: new Date(Date.now() + days(7) * 1000).toISOString(),
      base: versions.find((one) => one.kind === kind && one.active)?.version ?? fakeHex('none'),
      state: 'open',
    }
    proposals = [proposal, ...proposals]
    ports.changed()
    return proposal
  }

  return {
    'policies:list': () => versions,
    'policies:activate': (request) => {
      ports.check(request.text)
      if (fourEyes) return { outcome: 'proposed', ...propose(request) }
      const { kind, text, message } = request
      return { outcome: 'in-force', ...putInForce(kind, text, { author: person.name, message }) }
    },
    'policies:proposals': () => ({ approvals: fourEyes ? 2 : 1, proposals }),
    'policies:activate-proposal': (id) => {
      const { kind, text, author, message } = change(id, { state: 'activated', ...decided })
      return putInForce(kind, text, { author: author.name, approvedBy: person.name, message })
    },
    'policies:reject-proposal': ({ id, reason }) => change(id, { state: 'rejected', reason, ...decided }),
    'policies:withdraw-proposal': (id) => change(id, { state: 'withdrawn', ...decided }),
  }
}

function exampleProposals({ now }: FakeSetting, versions: readonly PolicyVersion[]): PolicyProposal[] {
  const inForce = versions.find(({ kind, active }) => kind === 'policy' && active)
  if (inForce === undefined) return []
  const proposal = (values: Pick<PolicyProposal, 'text' | 'message' | 'author'>, age: number): PolicyProposal => ({
    id: `prp_${fakeHex(values.message, 16)}` as ProposalId,
    kind: 'policy',
    version: fakeHex(values.text),
    at: ago(now, age),
    expiresAt: ago(now, age - days(7)),
    base: inForce.version,
    state: 'open',
    ...values,
  })
  const bulkUpdate = `
  - id: bulk-update
    owner: dba
    match: { connections: ["orders-db"], tools: [execute_sql] }
    when: sql(args.sql).kinds.exists(k, k == "update") && !sql(args.sql).hasWhere
    effect: deny
    because: An UPDATE without WHERE changes every row.
`
  return [
    proposal(
      {
        text: inForce.text.replace('\n  - id: file-write-outside-workdir', `${bulkUpdate}\n  - id: file-write-outside-workdir`),
        message: 'An UPDATE without WHERE took the refunds of a whole day with it (incident 2291): from now on it is denied.',
        author: { sub: sofia.sub, name: sofia.name },
      },
      minutes(25),
    ),
    proposal(
      {
        text: inForce.text.replace('approvals: 1, decideWithin: 15m', 'approvals: 2, decideWithin: 30m'),
        message: 'Schema changes need two DBAs while the migration runs.',
        author: { sub: 'u-0005', name: 'Priya Raman' },
      },
      hours(3),
    ),
    proposal(
      {
        text: inForce.text.replace(', search_objects', ''),
        message: 'The file was changed.',
        author: { sub: 'file policy.yaml', name: 'file policy.yaml' },
      },
      days(2),
    ),
  ]
}
