import { Button } from '@mantine/core'
import { KeyRound } from 'lucide-react'
import { EmptyState } from '../../components/empty-state.tsx'

/** Nothing guards access yet: what a rule does. */
export function NoRules({ onCreate }: { onCreate: (() => void) | undefined }) {
  return (
    <EmptyState
      title="No access rule yet"
      sentence="Without a rule, whoever is in the groups of a connection starts sessions at any time. A rule makes them ask: for a while, with a reason, when it is open, and with somebody’s approval where it matters."
      {...(onCreate && {
        steps: [
          {
            icon: KeyRound,
            title: 'Write the first rule',
            sentence: 'For one connection. From then on a session on it needs access that is granted.',
            action: (
              <Button variant="filled" onClick={onCreate}>
                New rule
              </Button>
            ),
          },
        ],
      })}
    />
  )
}
