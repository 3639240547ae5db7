import { Search, X } from 'lucide-react'
import type { KeyboardEvent, Ref } from 'react'
import { KeyHint } from './key-hint.tsx'
import styles from './search-field.module.css'

interface SearchFieldProps {
  label: string
  /** what can be searched for; the label if absent */
  placeholder?: string
  value: string
  onChange: (value: string) => void
  /** the key that leads here, shown while it is empty */
  keyHint?: string
  small?: boolean
  /** Enter goes to the next hit, Shift Enter to the one before */
  onStep?: (direction: 1 | -1) => void
  ref?: Ref<HTMLInputElement>
}

/** A search box: Escape empties it, then leaves it. */
export function SearchField({ label, placeholder = label, value, onChange, keyHint, small = false, onStep, ref }: SearchFieldProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Escape') {
      if (value === '') event.currentTarget.blur()
      else onChange('')
    } else if (event.key === 'Enter') onStep?.(event.shiftKey ? -1 : 1)
  }
  return (
    <div className={`${styles.field} ${small ? styles.small : ''}`}>
      <Search className="small" aria-hidden />
      <input
        ref={ref}
        type="text"
        role="searchbox"
        aria-label={label}
        placeholder={placeholder}
        maxLength={200}
        value={value}
        spellCheck={false}
        // in a dialog, the Escape that empties it does not close the dialog
        data-mantine-stop-propagation={value !== ''}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {value !== '' ? (
        <button type="button" aria-label="Clear the search" onClick={() => onChange('')}>
          <X className="small" aria-hidden />
        </button>
      ) : (
        keyHint !== undefined && <KeyHint>{keyHint}</KeyHint>
      )}
    </div>
  )
}
