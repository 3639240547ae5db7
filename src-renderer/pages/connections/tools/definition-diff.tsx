import { useMemo, useState, type ReactNode } from 'react'
import { DefinitionText } from './definition-text.tsx'
import { diffLines, foldUnchanged, type DiffRow, type DiffSide, type FoldedRow } from './diff-lines.ts'
import styles from './tools.module.css'

export type DiffForm = 'side-by-side' | 'unified'

interface DefinitionDiffProps {
  before: string
  after: string
  form: DiffForm
  /** what the two are called */
  titles?: { before: string; after: string; label: string }
}

const definitionTitles = { before: 'Accepted', after: 'Listed now', label: 'Comparison of the definitions' }

/** Two definitions line by line: what was accepted, and what the server lists now. */
export function DefinitionDiff({ before, after, form, titles = definitionTitles }: DefinitionDiffProps) {
  const rows = useMemo(() => foldUnchanged(diffLines(before, after)), [before, after])
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set())
  const shown = rows.flatMap((row, index): (FoldedRow & { at?: number })[] =>
    row.kind !== 'fold' ? [row] : unfolded.has(index) ? [...row.rows] : [{ ...row, at: index }],
  )
  return (
    <div className={styles.diff} tabIndex={0} role="region" aria-label={titles.label}>
      <table className={form === 'side-by-side' ? styles.beside : styles.unified}>
        <Columns form={form} />
        <thead>
          {form === 'side-by-side' ? (
            <tr>
              <th colSpan={2}>{titles.before}</th>
              <th colSpan={2}>{titles.after}</th>
            </tr>
          ) : (
            <tr>
              <th colSpan={4}>
                {titles.before} (−) and {titles.after.toLowerCase()} (+)
              </th>
            </tr>
          )}
        </thead>
        <tbody>
          {shown.map((row, index) =>
            row.kind === 'fold' ? (
              <tr key={index} className={styles.fold}>
                <td colSpan={4}>
                  <button type="button" onClick={() => setUnfolded(new Set([...unfolded, row.at ?? -1]))}>
                    Show {row.rows.length} unchanged lines
                  </button>
                </td>
              </tr>
            ) : form === 'side-by-side' ? (
              <BesideRow key={index} row={row} />
            ) : (
              <UnifiedRows key={index} row={row} />
            ),
          )}
        </tbody>
      </table>
    </div>
  )
}

function Columns({ form }: { form: DiffForm }) {
  const classes =
    form === 'side-by-side'
      ? [styles.numberColumn, undefined, styles.numberColumn, undefined]
      : [styles.numberColumn, styles.numberColumn, styles.signColumn, undefined]
  return (
    <colgroup>
      {classes.map((className, index) => (
        <col key={index} className={className} />
      ))}
    </colgroup>
  )
}

function BesideRow({ row: { kind, left, right } }: { row: DiffRow }) {
  return (
    <tr>
      <Cells side={left} mark={kind === 'same' || !left ? undefined : 'removed'} />
      <Cells side={right} mark={kind === 'same' || !right ? undefined : 'added'} />
    </tr>
  )
}

function UnifiedRows({ row: { kind, left, right } }: { row: DiffRow }) {
  if (kind === 'same')
    return (
      <tr>
        <Number value={left?.number} />
        <Number value={right?.number} />
        <td className={styles.sign} />
        <Text side={right} mark={undefined} />
      </tr>
    )
  return (
    <>
      {left && (
        <tr>
          <Number value={left.number} />
          <Number value={undefined} />
          <Sign mark="removed" />
          <Text side={left} mark="removed" />
        </tr>
      )}
      {right && (
        <tr>
          <Number value={undefined} />
          <Number value={right.number} />
          <Sign mark="added" />
          <Text side={right} mark="added" />
        </tr>
      )}
    </>
  )
}

type Mark = 'added' | 'removed' | undefined

function Cells({ side, mark }: { side: DiffSide | undefined; mark: Mark }) {
  return (
    <>
      <Number value={side?.number} />
      <Text side={side} mark={mark} />
    </>
  )
}

const Number = ({ value }: { value: number | undefined }) => <td className={styles.number}>{value}</td>

const words = { added: 'added', removed: 'removed' } as const
const Sign = ({ mark }: { mark: 'added' | 'removed' }) => (
  <td className={styles.sign}>
    <span aria-hidden>{mark === 'added' ? '+' : '−'}</span>
  </td>
)

function Text({ side, mark }: { side: DiffSide | undefined; mark: Mark }): ReactNode {
  if (!side) return <td className={styles.absent} />
  return (
    <td className={mark && styles[mark]}>
      {mark && <span className="unseen">{words[mark]}: </span>}
      <DefinitionText text={side.text} changed={mark && side.changed} />
    </td>
  )
}
