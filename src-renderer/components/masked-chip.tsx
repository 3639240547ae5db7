import { EyeOff } from 'lucide-react'
import styles from './masked-chip.module.css'

interface MaskedChipProps {
  /** card, iban, email, field … */
  kind: string
  /** the rule that masked, if it is known here */
  rule?: string | undefined
  /** what the rule's action leaves of the value, or says of it */
  left?: string | undefined
}

/** Stands in line for a value that was masked. Of the value it shows what its rule leaves: mostly nothing. */
export function MaskedChip({ kind, rule, left }: MaskedChipProps) {
  return (
    <span className={styles.chip} data-chip title={rule === undefined ? `Masked: ${kind}` : `Masked: ${kind}, by the rule ${rule}`}>
      <b>
        <EyeOff className="small" aria-hidden />
        <span className="unseen">masked </span>
        {kind}
        {left !== undefined && ` ${left}`}
      </b>
      {rule !== undefined && <span>{rule}</span>}
    </span>
  )
}
