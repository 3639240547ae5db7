import { Check, Copy } from 'lucide-react'
import { useCopy } from '../api/use-copy.ts'
import styles from './hash.module.css'

interface HashProps {
  value: string
  /** characters kept on each side of the ellipsis */
  length?: number
  /** what it is, for the tooltip and a screen reader: `policy version` */
  label?: string
}

/** A hash in its short form; the whole one on hover and, on click, in the clipboard. */
export function Hash({ value, length = 4, label = 'hash' }: HashProps) {
  const { copied, copy } = useCopy()
  return (
    <button
      type="button"
      className={styles.hash}
      title={copied ? 'Copied' : `${value}\nClick to copy`}
      aria-label={copied ? `Copied the ${label}` : `Copy the ${label} ${shortHash(value, length)}`}
      onClick={() => copy(value)}
    >
      {shortHash(value, length)}
      {copied ? <Check className="small" aria-hidden /> : <Copy className="small" aria-hidden />}
    </button>
  )
}

/** `7c1e…04d2`; a text that is no longer than that stays whole. */
export function shortHash(value: string, length = 4): string {
  return value.length <= length * 2 + 1 ? value : `${value.slice(0, length)}…${value.slice(-length)}`
}

/** A digest as people compare it aloud: the first twelve digits in groups of four. */
export function spokenDigest(digest: string): string {
  return (digest.slice(0, 12).match(/.{1,4}/g) ?? []).join(' ')
}
