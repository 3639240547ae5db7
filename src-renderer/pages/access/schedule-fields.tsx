import { ActionIcon, Button, Checkbox, Select, TextInput } from '@mantine/core'
import { Plus, Trash2 } from 'lucide-react'
import { weekday, type AccessWindow, type Weekday } from '../../../src-protocol/access.ts'
import { isTimeOfDay, newWindow, type RuleDraft, type RuleProblems } from './rule-draft.ts'
import styles from './access.module.css'

interface ScheduleFieldsProps {
  draft: Pick<RuleDraft, 'zone' | 'windows'>
  problems: RuleProblems
  onChange: (values: Partial<Pick<RuleDraft, 'zone' | 'windows'>>) => void
}

const zones = Intl.supportedValuesOf('timeZone')
const mostWindows = 20

/** The windows in which a rule is open, by the clock of one place. */
export function ScheduleFields({ draft: { zone, windows }, problems, onChange }: ScheduleFieldsProps) {
  const setWindow = (index: number, values: Partial<AccessWindow>): void =>
    onChange({ windows: windows.map((window, at) => (at === index ? { ...window, ...values } : window)) })
  return (
    <fieldset className={styles.windows}>
      <legend className="unseen">When it is open</legend>
      <Select
        label="Time zone"
        description="The windows follow its clock, also when it is put forward or back."
        searchable
        limit={60}
        value={zone}
        onChange={(chosen) => onChange({ zone: chosen ?? zone })}
        data={zones.includes(zone) ? zones : [zone, ...zones]}
        error={problems.zone}
        allowDeselect={false}
      />
      {windows.map((window, index) => (
        // windows have no name: their place is what tells them apart
        <Window
          key={`${index + 1} of ${windows.length}`}
          window={window}
          number={index + 1}
          onChange={(values) => setWindow(index, values)}
          onRemove={windows.length > 1 ? () => onChange({ windows: windows.filter((_, at) => at !== index) }) : undefined}
        />
      ))}
      {problems.windows !== undefined && (
        <p className="small" role="alert">
          {problems.windows}
        </p>
      )}
      {windows.length < mostWindows && (
        <div>
          <Button
            size="sm"
            leftSection={<Plus className="small" aria-hidden />}
            onClick={() => onChange({ windows: [...windows, newWindow] })}
          >
            Add a window
          </Button>
        </div>
      )}
    </fieldset>
  )
}

interface WindowProps {
  window: AccessWindow
  number: number
  onChange: (values: Partial<AccessWindow>) => void
  onRemove: (() => void) | undefined
}

function Window({ window: { days, from, to }, number, onChange, onRemove }: WindowProps) {
  const pick = (day: Weekday, on: boolean): void =>
    onChange({ days: weekday.options.filter((one) => (one === day ? on : days.includes(one))) })
  return (
    <div className={styles.window} role="group" aria-label={`Window ${number}`}>
      <div className={styles.days}>
        {weekday.options.map((day) => (
          <Checkbox
            key={day}
            label={day.slice(0, 3).replace(/^./, (letter) => letter.toUpperCase())}
            aria-label={day}
            checked={days.includes(day)}
            onChange={(event) => pick(day, event.currentTarget.checked)}
          />
        ))}
      </div>
      <div className={styles.times}>
        <Time label="From" value={from} onChange={(time) => onChange({ from: time })} />
        <Time label={to <= from ? 'To, on the next day' : 'To'} value={to} onChange={(time) => onChange({ to: time })} />
        {onRemove && (
          <ActionIcon aria-label={`Remove window ${number}`} onClick={onRemove}>
            <Trash2 className="small" aria-hidden />
          </ActionIcon>
        )}
      </div>
    </div>
  )
}

/** A time of day in 24 hours, whatever the system’s language is: it is read by the clock of the zone above. */
function Time({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <TextInput
      className={styles.timeField}
      label={label}
      placeholder="09:00"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={isTimeOfDay(value) ? undefined : 'A time such as 09:00.'}
      maxLength={5}
      classNames={{ input: 'mono' }}
    />
  )
}
