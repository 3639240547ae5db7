import { Button, Checkbox, Select, SegmentedControl, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { describeWindows } from '../../../src-core/access/access-schedule.ts'
import { weekday } from '../../../src-protocol/access.ts'
import { quietHours, type QuietHours, type RemindAt } from '../../../src-protocol/notification-settings.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import styles from './settings.module.css'

const reminders: { value: RemindAt; label: string }[] = [
  { value: 'never', label: 'Never' },
  { value: 'quarter', label: 'With ¼ left' },
  { value: 'half', label: 'With ½ left' },
]

/** When one is told once more of a request. */
export function ReminderSetting() {
  const { preferences } = useDesktopState()
  const save = useDesktopMutation('preferences:set')
  return (
    <div className={styles.setting}>
      <div className="grow">
        <div className="medium">Remind me before a request runs out</div>
        <div className="small t3">
          Once, if nobody has decided: with this part of its time left, at least two minutes. Never if you have voted or asked yourself.
        </div>
        {save.error !== null && <ErrorNote error={save.error} />}
      </div>
      <SegmentedControl
        aria-label="Remind me before a request runs out"
        data={reminders}
        value={preferences.remind ?? 'quarter'}
        onChange={(remind) => save.mutate({ remind })}
      />
    </div>
  )
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone
const zones = Intl.supportedValuesOf('timeZone')
const firstTime = (): QuietHours => ({
  on: false,
  zone: ownZone(),
  days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
  from: '20:00',
  to: '07:00',
})

/** At which times notifications wait, by the clock of one place; and what comes through all the same. */
export function QuietHoursSetting() {
  const { preferences } = useDesktopState()
  const save = useDesktopMutation('preferences:set')
  const stored = preferences.quietHours ?? firstTime()
  const [draft, setDraft] = useState(stored)
  const changed = JSON.stringify({ ...draft, on: stored.on }) !== JSON.stringify(stored)
  const checked = quietHours.safeParse(draft)
  const problem = (name: keyof QuietHours): boolean => checked.error?.issues.some(({ path }) => path[0] === name) ?? false
  const change = (values: Partial<QuietHours>) => setDraft({ ...draft, ...values })
  return (
    <>
      <div className={styles.setting}>
        <div className="grow">
          <div className="medium">Quiet hours</div>
          <div className="small t3">
            {stored.on
              ? `${describeWindows({ zone: stored.zone, windows: [stored] }).replace(/^./, (letter) => letter.toUpperCase())}, ${stored.zone}.`
              : 'No notification appears or sounds at these times. The badge counts on, and one notification follows at their end.'}{' '}
            <span className="t2">
              Alarms come through always: a log that does not continue, broken glass, and requests that a reviewer reported.
            </span>
          </div>
        </div>
        <Switch
          aria-label="Quiet hours"
          checked={stored.on}
          onChange={(event) => {
            const on = event.currentTarget.checked
            setDraft({ ...draft, on })
            save.mutate({ quietHours: { ...stored, on } })
          }}
        />
      </div>
      {stored.on && (
        <form
          className={styles.quiet}
          aria-label="Times of the quiet hours"
          onSubmit={(event) => {
            event.preventDefault()
            if (checked.success) save.mutate({ quietHours: { ...checked.data, on: true } })
          }}
        >
          <div className={styles.days} role="group" aria-label="Days">
            {weekday.options.map((day) => (
              <Checkbox
                key={day}
                label={day.slice(0, 3).replace(/^./, (letter) => letter.toUpperCase())}
                aria-label={day}
                checked={draft.days.includes(day)}
                onChange={(event) => {
                  const on = event.currentTarget.checked
                  change({ days: weekday.options.filter((one) => (one === day ? on : draft.days.includes(one))) })
                }}
              />
            ))}
          </div>
          {problem('days') && (
            <p className="small" role="alert">
              Choose at least one day.
            </p>
          )}
          <div className={styles.times}>
            <TextInput
              className={styles.time}
              label="From"
              value={draft.from}
              maxLength={5}
              onChange={(event) => change({ from: event.currentTarget.value })}
              error={problem('from') ? 'Such as 20:00.' : undefined}
              classNames={{ input: 'mono' }}
            />
            <TextInput
              className={styles.time}
              label={draft.to <= draft.from ? 'To, next day' : 'To'}
              value={draft.to}
              maxLength={5}
              onChange={(event) => change({ to: event.currentTarget.value })}
              error={problem('to') ? 'Such as 07:00.' : undefined}
              classNames={{ input: 'mono' }}
            />
            <Select
              className="grow"
              label="Time zone"
              searchable
              limit={60}
              value={draft.zone}
              onChange={(zone) => change({ zone: zone ?? draft.zone })}
              data={zones.includes(draft.zone) ? zones : [draft.zone, ...zones]}
              allowDeselect={false}
            />
            <Button type="submit" disabled={!changed || !checked.success} loading={save.isPending}>
              Save
            </Button>
          </div>
        </form>
      )}
      {save.error !== null && <ErrorNote error={save.error} />}
    </>
  )
}
