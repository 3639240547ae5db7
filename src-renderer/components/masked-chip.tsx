import { EyeOff } from 'lucide-react'
import styles from './masked-chip.module.css'

interface MaskedChipProps {
  /** card, iban, email, field … */
  kind: string
  /** the rule that masked, if it is known here */
  rule?: string | undefined
}

/** Stands in line for a value that was masked. It never shows the value's length or a part of it. */
export function MaskedChip({ kind, rule }: MaskedChipProps) {
  return (
    <span className={styles.chip} title={rule === undefined ? `Masked: ${kind}` : `Masked: ${kind}, by the rule ${rule}`}>
      <b>
        <EyeOff className="small" aria-hidden />
        <span className="unseen">masked </span>
        {kind}
      </b>
      {rule !== undefined && <span>{rule}</span>}
    </span>
  )
}
