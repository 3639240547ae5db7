import { Layers } from 'lucide-react'
import type { Approval, MaskApplied } from '../../../src-protocol/model.ts'
import { MaskedChip } from '../../components/masked-chip.tsx'
import { MaskedText } from '../../components/masked-text.tsx'
import { splitMasked } from '../../components/split-masked.ts'
import { SqlText } from '../../components/sql-text.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { cutAtPhrases, firingPhrases, formattedArguments, formattedSql } from './evidence.ts'
import styles from './inbox.module.css'

/** The arguments laid out for reading, beside the bytes as they were sent; what made the rule fire is marked in both. */
export function RequestCode({ approval }: { approval: Approval }) {
  const sql = formattedSql(approval)
  const formatted = sql ?? formattedArguments(approval.argumentsText)
  const phrases = firingPhrases(approval.sql)
  const statements = approval.sql?.statements.length ?? 0
  const bytes = approval.digestInput.argumentsBytes
  return (
    <div className={styles.code}>
      <section aria-labelledby="formatted-arguments">
        <header>
          <h2 id="formatted-arguments">{sql === undefined ? 'Arguments' : 'SQL, formatted'}</h2>
          {sql !== undefined && <span className="t3">{statements === 1 ? '1 statement' : `${statements} statements`}</span>}
          {approval.sql !== undefined && (
            <span className="right">
              <ToneMark form="badge" icon={Layers} tone={undefined} word={approval.sql.kinds.join(', ')} />
            </span>
          )}
        </header>
        <div className={styles.lines} tabIndex={0} role="region" aria-label="Formatted arguments">
          {sql !== undefined && (
            <pre className={styles.numbers} aria-hidden>
              {formatted.split('\n').map((_, line) => `${line + 1}\n`)}
            </pre>
          )}
          <pre className={sql === undefined ? styles.wrapping : undefined}>
            <Marked text={formatted} phrases={phrases} masks={approval.argumentsMasks} sql={sql !== undefined} />
          </pre>
        </div>
      </section>
      <section aria-labelledby="raw-arguments">
        <header>
          <h2 id="raw-arguments">Raw arguments</h2>
          <span className="t3 num">
            {bytes.toLocaleString('en')} bytes, {approval.argumentsMasks.length === 0 ? 'exactly as sent' : 'as sent, masked'}
          </span>
        </header>
        <pre className={styles.raw} tabIndex={0} role="region" aria-label="Raw arguments">
          <Marked text={approval.argumentsText} phrases={phrases} masks={approval.argumentsMasks} sql={false} />
        </pre>
      </section>
    </div>
  )
}

interface MarkedProps {
  text: string
  phrases: readonly string[]
  masks: readonly MaskApplied[]
  sql: boolean
}

function Marked({ text, phrases, masks, sql }: MarkedProps) {
  return cutAtPhrases(text, phrases).map((piece, index) =>
    piece.hit ? (
      <mark key={index} className="hit">
        <VisibleText text={piece.text} />
      </mark>
    ) : (
      <PlainPiece key={index} text={piece.text} masks={masks} sql={sql} />
    ),
  )
}

function PlainPiece({ text, masks, sql }: Omit<MarkedProps, 'phrases'>) {
  if (!sql) return <MaskedText text={text} masks={masks} short />
  return splitMasked(text, masks).map((piece, index) =>
    piece.masked ? <MaskedChip key={index} kind={piece.kind} left={piece.left} /> : <SqlText key={index} text={piece.text} />,
  )
}
