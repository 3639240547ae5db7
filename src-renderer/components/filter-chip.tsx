import { Combobox, useCombobox } from '@mantine/core'
import { Check, ChevronDown, X, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './filter-chip.module.css'

interface FilterChipProps {
  pressed: boolean
  onChange: (pressed: boolean) => void
  title?: string
  children: ReactNode
}

/** A filter that is on or off. */
export function FilterChip({ pressed, onChange, title, children }: FilterChipProps) {
  return (
    <button type="button" className={styles.chip} aria-pressed={pressed} title={title} onClick={() => onChange(!pressed)}>
      {children}
    </button>
  )
}

interface FilterOption<T extends string> {
  value: T
  label: ReactNode
  count?: number
}

interface FilterMenuProps<T extends string> {
  /** what is filtered: `Tool` */
  label: string
  icon?: LucideIcon
  options: readonly FilterOption<T>[]
  value: T | undefined
  onChange: (value: T | undefined) => void
}

/** Stands for “no restriction” among the option's values, which are never empty. */
const all = ''

/** A filter with one of several values, or all. */
export function FilterMenu<T extends string>({ label, icon: Icon, options, value, onChange }: FilterMenuProps<T>) {
  const combobox = useCombobox({
    onDropdownOpen: () => combobox.selectActiveOption(),
    onDropdownClose: () => combobox.resetSelectedOption(),
  })
  const chosen = options.find((option) => option.value === value)
  const submit = (submitted: string): void => {
    onChange(options.find((option) => option.value === submitted)?.value)
    combobox.closeDropdown()
  }
  return (
    <span className={styles.menu}>
      <Combobox store={combobox} onOptionSubmit={submit} position="bottom-start" width="max-content" shadow="md">
        <Combobox.Target targetType="button">
          <button
            type="button"
            className={`${styles.chip} ${chosen ? styles.on : ''}`}
            aria-label={`${label}: ${chosen ? value : 'all'}`}
            onClick={() => combobox.toggleDropdown()}
          >
            {Icon && <Icon className="small" aria-hidden />}
            {chosen ? chosen.label : label}
            {!chosen && <ChevronDown className="small" aria-hidden />}
          </button>
        </Combobox.Target>
        <Combobox.Dropdown>
          <Combobox.Options aria-label={label} mah={360} className={styles.options}>
            <Option value={all} chosen={chosen === undefined} label="All" />
            {options.map((option) => (
              <Option key={option.value} value={option.value} chosen={option === chosen} label={option.label} count={option.count} />
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      {chosen && (
        <button type="button" className={styles.clear} aria-label={`Show every ${label.toLowerCase()}`} onClick={() => onChange(undefined)}>
          <X className="small" aria-hidden />
        </button>
      )}
    </span>
  )
}

interface OptionProps {
  value: string
  chosen: boolean
  label: ReactNode
  count?: number | undefined
}

function Option({ value, chosen, label, count }: OptionProps) {
  return (
    <Combobox.Option value={value} active={chosen} className={styles.option}>
      <Check className={`small ${chosen ? '' : styles.unchosen}`} aria-hidden />
      <span className="grow">{label}</span>
      {count !== undefined && <span className="t3 small num">{count.toLocaleString('en')}</span>}
    </Combobox.Option>
  )
}
