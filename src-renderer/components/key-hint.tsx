import styles from './key-hint.module.css'

/** A key cap. Inside a button it takes the button's colour. */
export function KeyHint({ children }: { children: string }) {
  return <kbd className={styles.key}>{children}</kbd>
}
