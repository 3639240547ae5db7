import { Link } from '@tanstack/react-router'
import type { Approval } from '../../../src-protocol/model.ts'
import { Facts } from '../../components/facts.tsx'
import { Hash } from '../../components/hash.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'

/** Who asks, on what, with which tool. */
export function RequestFacts({ approval }: { approval: Approval }) {
  const { requester, digestInput, session, tool, toolDescription, requestedAt } = approval
  return (
    <Panel>
      <Facts
        columns={2}
        items={[
          {
            label: 'Who',
            value: (
              <>
                <span className="medium" title={requester.email}>
                  {requester.name}
                </span>{' '}
                <span className="t3">{requester.groups.join(', ')}</span>
              </>
            ),
          },
          {
            label: 'Connection',
            value: (
              <>
                <span className="medium">{approval.connection}</span> <span className="t3">server {digestInput.server}</span>
              </>
            ),
          },
          {
            label: 'Asked',
            value: (
              <>
                <Timestamp at={requestedAt} /> ·{' '}
                <Link to="/sessions/$session" params={{ session }}>
                  Watch session
                </Link>
              </>
            ),
          },
          {
            label: 'Tool',
            value: (
              <span title={toolDescription === undefined ? undefined : `The server says: ${toolDescription}`}>
                <span className="mono">{tool}</span> <span className="t3">definition</span>{' '}
                {/* nothing to compare with while no client has listed the server's tools */}
                {isHash(digestInput.toolDefinitionHash) ? (
                  <Hash value={digestInput.toolDefinitionHash} label="hash of the tool definition" />
                ) : (
                  <span className="t3">not listed yet</span>
                )}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  )
}

const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)
