import type { AccessGrant } from '../../../src-protocol/access.ts'

/** The first two cells of a row about access: somebody, and what they reach by which rule. */
export function WhoAsked({ person, connection, rule }: { person: AccessGrant['person']; connection: string; rule: string }) {
  return (
    <>
      <td>
        <div className="medium ellipsis" title={[person.name, person.email, ...person.groups].filter(Boolean).join('\n')}>
          {person.name}
        </div>
        <div className="small t3 ellipsis">{person.groups.join(', ')}</div>
      </td>
      <td>
        <div className="ellipsis" title={connection}>
          {connection}
        </div>
        <div className="small t3 ellipsis" title={rule}>
          {rule}
        </div>
      </td>
    </>
  )
}

/** Why it was asked for, in the words of who asked. */
export function WhyAsked({ reason, ticket, below }: { reason: string; ticket?: string | undefined; below: string }) {
  return (
    <td>
      <div className="ellipsis" title={reason}>
        {ticket !== undefined && <span className="mono">{ticket} </span>}
        {reason === '' ? <span className="t3">no reason</span> : reason}
      </div>
      <div className="small t3 ellipsis" title={below}>
        {below}
      </div>
    </td>
  )
}
