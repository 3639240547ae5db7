import { sqlTokens } from './sql-tokens.ts'
import { VisibleText } from './visible-text.tsx'
import styles from './sql-text.module.css'

/** SQL with its keywords set apart; comments are dimmed, every character stays. */
export function SqlText({ text, highlight }: { text: string; highlight?: string | undefined }) {
  return sqlTokens(text).map((token, at) => (
    <span key={at} className={token.kind === 'keyword' ? styles.keyword : token.kind === 'comment' ? styles.comment : undefined}>
      <VisibleText text={token.text} highlight={highlight} />
    </span>
  ))
}
