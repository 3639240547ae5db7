import { useElementSize, useMergedRef } from '@mantine/hooks'
import { ChevronDown, ChevronRight, EyeOff } from 'lucide-react'
import { useId, useMemo, useState, type KeyboardEvent } from 'react'
import type { JsonDocument } from './json-document.ts'
import { childrenShown, firstExpansion, flattenJson, type JsonRow, type TreeExpansion } from './json-rows.ts'
import { JsonValueText } from './json-value-text.tsx'
import type { MaskPlaces } from './mask-places.ts'
import { useVirtualRows } from './use-virtual-rows.ts'
import styles from './json-tree.module.css'

const rowHeight = 24
const characterWidth = 7.3

interface JsonTreeProps {
  document: JsonDocument
  masks: MaskPlaces
  label: string
  highlight?: string | undefined
}

/**
 * A message as a tree: arrow keys move and open, only visible lines are drawn. Give it a `key` that changes with the document, so
 * that each message opens at its payload.
 */
export function JsonTree({ document, masks, label, highlight }: JsonTreeProps) {
  const [expansion, setExpansion] = useState<TreeExpansion>(() => firstExpansion(document))
  const [activeId, setActiveId] = useState<string>()
  const { ref: measured, width } = useElementSize<HTMLDivElement>()
  const treeId = useId()
  const lineLength = Math.max(40, Math.floor((width - 96) / characterWidth))
  const rows = useMemo(() => flattenJson(document, expansion, lineLength), [document, expansion, lineLength])
  const { scroller, items, total, scrollTo } = useVirtualRows({ count: rows.length, rowHeight, padding: 8 })
  const ref = useMergedRef(scroller, measured)

  const activate = (index: number): void => {
    const row = rows[Math.min(Math.max(0, index), rows.length - 1)]
    if (!row) return
    setActiveId(row.id)
    scrollTo(rows.indexOf(row), 'auto')
  }
  const toggle = (row: JsonRow): void => {
    if (row.expandable) setExpansion((before) => toggled(before, row))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const index = rows.findIndex((row) => row.id === activeId)
    const next = keyTarget(event.key, rows, index, toggle)
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    activate(next)
  }

  return (
    <div
      ref={ref}
      className={styles.tree}
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={activeId !== undefined && rows.some((row) => row.id === activeId) ? `${treeId}${activeId}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" className={styles.space} style={{ height: total }}>
        {items.map((item) => {
          const row = rows[item.index]
          if (!row) return null
          return (
            <div
              key={row.id}
              id={`${treeId}${row.id}`}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-expanded={row.expandable && row.type !== 'more' ? row.expanded : undefined}
              aria-selected={row.id === activeId}
              className={`${styles.row} ${row.id === activeId ? styles.active : ''} ${row.expandable ? styles.opens : ''}`}
              style={{ transform: `translateY(${item.start}px)`, paddingLeft: 12 + row.depth * 16 }}
              onClick={() => {
                setActiveId(row.id)
                toggle(row)
              }}
            >
              <RowContent row={row} masks={masks} highlight={highlight} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function RowContent({ row, masks, highlight }: { row: JsonRow; masks: MaskPlaces; highlight: string | undefined }) {
  if (row.type === 'more')
    return (
      <span
        className={styles.more}
      >{`show ${Math.min(row.count, childrenShown * 5).toLocaleString('en')} of ${row.count.toLocaleString('en')} more`}</span>
    )
  const Chevron = row.expanded ? ChevronDown : ChevronRight
  const showsText = row.type === 'line' || (row.type === 'scalar' && !row.expanded)
  const maskedInside = showsText || row.expanded ? 0 : masks.below(row.maskPath)
  return (
    <>
      {row.expandable ? <Chevron className="small" aria-hidden /> : <span className={styles.noChevron} />}
      {row.name !== undefined && (
        <span className={row.isIndex ? styles.dim : styles.key}>
          <JsonValueText
            text={row.name}
            path={`${row.maskPath.slice(0, row.maskPath.lastIndexOf('/'))}/(name)`}
            masks={masks}
            highlight={highlight}
          />
        </span>
      )}
      {row.name !== undefined && row.type !== 'line' && <span className={styles.dim}>: </span>}
      {row.type === 'line' && ' '}
      {row.type === 'container' && <span className={styles.dim}>{row.kind === 'object' ? `{ ${row.count} }` : `[ ${row.count} ]`}</span>}
      {row.opens !== undefined && <span className={styles.dim}>{row.opens === 'json' ? 'text, JSON ' : row.expanded ? 'text' : ''}</span>}
      {showsText && (
        <JsonValueText
          text={row.text.length > 2000 ? row.text.slice(0, 2000) : row.text}
          path={row.maskPath}
          masks={masks}
          quoted={row.kind === 'string' && row.type === 'scalar'}
          highlight={highlight}
        />
      )}
      {maskedInside > 0 && (
        <span className={styles.maskedInside}>
          <EyeOff className="small" aria-hidden />
          {maskedInside} masked
        </span>
      )}
    </>
  )
}

/** Where a key leads, by the pattern of the ARIA tree; the row itself when it only opens or closes. */
function keyTarget(key: string, rows: readonly JsonRow[], index: number, toggle: (row: JsonRow) => void): number | undefined {
  const row = rows[index]
  switch (key) {
    case 'ArrowDown':
      return index + 1
    case 'ArrowUp':
      return index < 0 ? 0 : index - 1
    case 'Home':
      return 0
    case 'End':
      return rows.length - 1
    case 'ArrowRight':
      if (row?.expandable && row.expanded) return index + 1
      if (row) toggle(row)
      return Math.max(0, index)
    case 'ArrowLeft':
      if (row?.expanded) {
        toggle(row)
        return index
      }
      return row ? rows.findLastIndex((candidate, at) => at < index && candidate.depth < row.depth) : 0
    case 'Enter':
    case ' ':
      if (row) toggle(row)
      return Math.max(0, index)
    default:
      return undefined
  }
}

function toggled({ open, shown }: TreeExpansion, row: JsonRow): TreeExpansion {
  if (row.type === 'more') {
    const parent = row.id.slice(0, -'.more'.length)
    return { open, shown: new Map(shown).set(parent, (shown.get(parent) ?? childrenShown) + childrenShown * 5) }
  }
  const next = new Set(open)
  if (!next.delete(row.id)) next.add(row.id)
  return { open: next, shown }
}
