import { Button } from '@mantine/core'
import { Siren } from 'lucide-react'
import { useState } from 'react'
import type { BreakGlassOpening } from '../../../src-protocol/break-glass.ts'
import type { Session } from '../../../src-protocol/model.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { Note } from '../../components/note.tsx'
import { formatCountdown } from '../../components/time.ts'
import { useNow } from '../../components/use-now.ts'
import { isOpen } from './break-glass-words.ts'
import { StopGlass } from './stop-glass.tsx'

/** On the page of a session: that calls run there without approval, until when, and the way to stop it. */
export function BrokenGlassNote({ session }: { session: Session }) {
  const openings = useDesktopQuery('break-glass:overview').data?.openings ?? []
  const opening = openings.find(
    (one) => isOpen(one) && one.input.person === session.person.sub && one.input.connection === session.connection,
  )
  return opening === undefined ? null : <Broken opening={opening} />
}

function Broken({ opening }: { opening: BreakGlassOpening }) {
  const [stopping, setStopping] = useState(false)
  const own = usePerson()?.sub === opening.input.person
  const mayStop = useHasRole('reviewer', 'administrator') || own
  const left = Date.parse(opening.endsAt) - useNow()
  return (
    <>
      <Note
        tone="denied"
        icon={Siren}
        title={`The glass is broken for ${formatCountdown(left)}.`}
        action={
          mayStop ? (
            <Button size="sm" onClick={() => setStopping(true)}>
              Close the glass
            </Button>
          ) : undefined
        }
      >
        Calls of <span className="mono">{opening.input.tools.join(', ')}</span> by {own ? 'you' : opening.person.name} run without approval.
      </Note>
      {stopping && <StopGlass opening={opening} onClose={() => setStopping(false)} />}
    </>
  )
}
