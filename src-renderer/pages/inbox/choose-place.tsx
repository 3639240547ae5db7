import { Select } from '@mantine/core'
import { UserRoundCheck } from 'lucide-react'
import type { Delegation } from '../../../src-protocol/delegation.ts'
import { Note } from '../../components/note.tsx'
import { Timestamp } from '../../components/timestamp.tsx'

interface ChoosePlaceProps {
  place: Delegation | undefined
  places: readonly Delegation[]
  /** the person is in one of the groups as well */
  own: boolean
  onChoose: (id: string | undefined) => void
}

const myself = 'myself'

/** For a request that the person may decide in the place of somebody else: says so, and lets them choose where there is a choice. */
export function ChoosePlace({ place, places, own, onChoose }: ChoosePlaceProps) {
  if (places.length === 0) return null
  const choice = [
    ...(own ? [{ value: myself, label: 'For myself' }] : []),
    ...places.map(({ id, delegator, groups }) => ({
      value: id as string,
      label: `In the place of ${delegator.name} (${groups.join(', ')})`,
    })),
  ]
  return (
    <Note
      icon={UserRoundCheck}
      title={place ? `You decide in the place of ${place.delegator.name}.` : 'You decide for yourself.'}
      action={
        choice.length > 1 && (
          <Select
            aria-label="Decide"
            data={choice}
            value={place?.id ?? myself}
            onChange={(value) => onChoose(value === null || value === myself ? undefined : value)}
            allowDeselect={false}
            w={280}
          />
        )
      }
    >
      {place ? (
        <>
          Away until <Timestamp at={place.until} form="date-time" />. Your one vote counts for {place.groups.join(', ')}, and{' '}
          {place.delegator.name} cannot vote on this any more.
        </>
      ) : (
        'Your vote counts for your own groups, and takes nobody’s place.'
      )}
    </Note>
  )
}
