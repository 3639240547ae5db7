import { Check, Minus } from 'lucide-react'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { CheckYourself } from './check-yourself.tsx'
import { cannotProve, proves } from './proof-wording.ts'
import { SidePanel, Statements } from './side-panel.tsx'

interface VerifiedSideProps {
  verification: Verification
  session: SessionId
  onExport: () => void
}

/** What the proof shows, what it cannot, and how to check it without us. */
export function VerifiedSide({ verification, session, onExport }: VerifiedSideProps) {
  return (
    <>
      <SidePanel title="What this proves">
        <Statements icon={Check} items={proves(verification)} />
      </SidePanel>
      <SidePanel title="What it cannot prove">
        <Statements icon={Minus} items={cannotProve} />
      </SidePanel>
      <CheckYourself verification={verification} session={session} onExport={onExport} />
    </>
  )
}
