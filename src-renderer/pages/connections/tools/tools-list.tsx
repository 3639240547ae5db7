import { useEffect, useEffectEvent, type KeyboardEvent } from 'react'
import type { PinnedTool } from '../../../../src-protocol/model.ts'
import { FilterChip } from '../../../components/filter-chip.tsx'
import { KeyHint } from '../../../components/key-hint.tsx'
import { SearchField } from '../../../components/search-field.tsx'
import { useVirtualRows } from '../../../components/use-virtual-rows.ts'
import { ToneMark } from '../../../components/verdict.tsx'
import { visibleText } from '../../../components/visible-characters.ts'
import { filterTools, toolLook, type ToolFilter } from './tool-look.ts'
import styles from './tools.module.css'

interface ToolsListProps {
  tools: readonly PinnedTool[]
  found: readonly PinnedTool[]
  filter: ToolFilter
  onFilter: (filter: ToolFilter) => void
  text: string
  onText: (text: string) => void
  chosen: string | undefined
  onChoose: (tool: string) => void
}

const filters: readonly (readonly [Exclude<ToolFilter, 'all'>, string])[] = [
  ['waiting', 'Waiting'],
  ['new', 'New'],
  ['rejected', 'Rejected'],
  ['missing', 'Missing'],
]
const rowHeight = 32

/** A connection may have two thousand tools: only the rows that can be seen are drawn. */
export function ToolsList({ tools, found, filter, onFilter, text, onText, chosen, onChoose }: ToolsListProps) {
  const { scroller, items, total, scrollTo } = useVirtualRows({ count: found.length, rowHeight })
  const index = found.findIndex(({ tool }) => tool === chosen)
  // the list moves when another row is chosen, not when it is drawn anew
  const showRow = useEffectEvent((at: number) => {
    if (at >= 0) scrollTo(at, 'auto')
  })
  useEffect(() => showRow(index), [index])

  const onKeyDown = (event: KeyboardEvent): void => {
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: found.length - 1 }[event.key]
    const next = target === undefined ? undefined : found[target]
    if (!next) return
    event.preventDefault()
    onChoose(next.tool)
  }

  return (
    <aside className={styles.list} aria-label="Tools">
      <div className={styles.search}>
        <SearchField label="Tool name" value={text} onChange={onText} />
        <div className={styles.chips} role="group" aria-label="State">
          {filters.map(([value, word]) => (
            <FilterChip key={value} pressed={filter === value} onChange={(pressed) => onFilter(pressed ? value : 'all')}>
              {word} <span className="num t3">{filterTools(tools, value, '').length}</span>
            </FilterChip>
          ))}
        </div>
      </div>
      <div
        ref={scroller}
        className={styles.items}
        role="listbox"
        aria-label="Tools by state"
        tabIndex={0}
        aria-activedescendant={index >= 0 ? optionId(index) : undefined}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: total }} role="presentation">
          {items.map(({ index: at, start }) => {
            const tool = found[at]
            if (!tool) return null
            const look = toolLook(tool)
            return (
              // the list itself takes the keys
              <div
                key={tool.tool}
                id={optionId(at)}
                role="option"
                aria-selected={tool.tool === chosen}
                aria-setsize={found.length}
                aria-posinset={at + 1}
                className={styles.item}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => onChoose(tool.tool)}
              >
                <span className="mono ellipsis" title={visibleText(tool.tool)}>
                  {visibleText(tool.tool)}
                </span>
                <span className="small">
                  <ToneMark {...look} />
                </span>
              </div>
            )
          })}
        </div>
        {found.length === 0 && <p className={`${styles.nothing} small t3`}>No tool matches.</p>}
      </div>
      <footer className={styles.keys}>
        <span role="status" className="num">
          {found.length === tools.length ? '' : `${found.length} of ${tools.length}`}
        </span>
        <span className="right" />
        <KeyHint>J</KeyHint>
        <KeyHint>K</KeyHint> next, previous
      </footer>
    </aside>
  )
}

const optionId = (index: number): string => `tool-${index}`
