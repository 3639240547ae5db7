import { scalarText, type JsonNode } from '../../components/json-document.ts'
import { JsonValueText } from '../../components/json-value-text.tsx'
import { pointerStep, type MaskPlaces } from '../../components/mask-places.ts'
import type { FoundTable } from './find-table.ts'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import styles from './message-table.module.css'

const rowHeight = 32
const longestCell = 400

interface MessageTableProps {
  table: FoundTable
  masks: MaskPlaces
  highlight: string | undefined
}

/** Rows of an answer as a table; only those on the screen are drawn. */
export function MessageTable({ table, masks, highlight }: MessageTableProps) {
  const { scroller, items, before, after } = useVirtualRows({ count: table.rows.length, rowHeight, headHeight: 33 })
  return (
    <div ref={scroller} className={styles.scroller} tabIndex={0} role="region" aria-label="Message as a table">
      <table className={styles.table} aria-rowcount={table.rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={styles.number}>
              #
            </th>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                <JsonValueText text={column} path={`${table.path}/*/(name)`} masks={masks} highlight={highlight} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Gap height={before} columns={table.columns.length} />}
          {items.map((item) => (
            <tr key={item.key} aria-rowindex={item.index + 2}>
              <td className={styles.number}>{item.index + 1}</td>
              {table.columns.map((column) => (
                <td key={column}>
                  <Cell table={table} row={table.rows[item.index]} column={column} masks={masks} highlight={highlight} />
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <Gap height={after} columns={table.columns.length} />}
        </tbody>
      </table>
    </div>
  )
}

/** Stands for the rows that are not drawn. */
function Gap({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={columns + 1} style={{ height, padding: 0, border: 0 }} />
    </tr>
  )
}

interface CellProps extends MessageTableProps {
  row: JsonNode | undefined
  column: string
}

function Cell({ table, row, column, masks, highlight }: CellProps) {
  const node = row?.children.findLast((child) => child.name === column)
  if (!node) return null
  if (node.kind === 'null') return <span className={styles.none}>null</span>
  if (node.kind === 'object' || node.kind === 'array') {
    return <span className={styles.none}>{node.kind === 'object' ? `{ ${node.children.length} }` : `[ ${node.children.length} ]`}</span>
  }
  const text = scalarText(table.document, node)
  return (
    <JsonValueText
      text={text.length > longestCell ? `${text.slice(0, longestCell)}…` : text}
      path={`${table.path}/*${pointerStep(column)}`}
      masks={masks}
      highlight={highlight}
    />
  )
}
