import { Menu } from '@mantine/core'
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

export interface FilterOption<T extends string> {
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

/** A filter with one of several values, or all. */
export function FilterMenu<T extends string>({ label, icon: Icon, options, value, onChange }: FilterMenuProps<T>) {
  const chosen = options.find((option) => option.value === value)
  return (
    <span className={styles.menu}>
      <Menu position="bottom-start" withinPortal>
        <Menu.Target>
          <button type="button" className={`${styles.chip} ${chosen ? styles.on : ''}`} aria-label={`${label}: ${chosen ? value : 'all'}`}>
            {Icon && <Icon className="small" aria-hidden />}
            {chosen ? chosen.label : label}
            {!chosen && <ChevronDown className="small" aria-hidden />}
          </button>
        </Menu.Target>
        <Menu.Dropdown className={styles.dropdown}>
          <MenuOption chosen={chosen === undefined} label="All" onClick={() => onChange(undefined)} />
          {options.map((option) => (
            <MenuOption
              key={option.value}
              chosen={option.value === value}
              label={option.label}
              count={option.count}
              onClick={() => onChange(option.value)}
            />
          ))}
        </Menu.Dropdown>
      </Menu>
      {chosen && (
        <button type="button" className={styles.clear} aria-label={`Show every ${label.toLowerCase()}`} onClick={() => onChange(undefined)}>
          <X className="small" aria-hidden />
        </button>
      )}
    </span>
  )
}

interface MenuOptionProps {
  chosen: boolean
  label: ReactNode
  count?: number | undefined
  onClick: () => void
}

function MenuOption({ chosen, label, count, onClick }: MenuOptionProps) {
  return (
    <Menu.Item
      role="menuitemradio"
      aria-checked={chosen}
      leftSection={<Check className={`small ${chosen ? '' : styles.unchosen}`} aria-hidden />}
      rightSection={count === undefined ? undefined : <span className="t3 small num">{count.toLocaleString('en')}</span>}
      onClick={onClick}
    >
      {label}
    </Menu.Item>
  )
}
