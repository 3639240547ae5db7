import styles from './list-search.module.css'
import { SearchField } from './search-field.tsx'

interface ListSearchProps {
  /** what can be searched for */
  label: string
  value: string
  onChange: (value: string) => void
  found: number
  total: number
}

/** The search above a list, which says how much of the list it leaves. */
export function ListSearch({ label, value, onChange, found, total }: ListSearchProps) {
  return (
    <div className={styles.search}>
      <div className={styles.field}>
        <SearchField label={label} value={value} onChange={onChange} />
      </div>
      <span className="small t3 num" role="status">
        {value === '' ? '' : `${found.toLocaleString('en')} of ${total.toLocaleString('en')}`}
      </span>
    </div>
  )
}
