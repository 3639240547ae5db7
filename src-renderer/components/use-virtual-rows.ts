import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual'
import { useRef, type RefObject } from 'react'

interface VirtualRowsOptions {
  count: number
  /** px; every row is equally high */
  rowHeight: number
  /** px of a head that stays on top, over the rows */
  headHeight?: number
  /** px of air above the first and below the last row */
  padding?: number
}

interface VirtualRows {
  /** belongs on the element that scrolls */
  scroller: RefObject<HTMLDivElement | null>
  /** rows to draw, with `start` in px from the top */
  items: VirtualItem[]
  /** px: all rows, those above the drawn ones, those below */
  total: number
  before: number
  after: number
  /** rows that can be seen whole: the first (from 0), and the one after the last */
  visible: { first: number; end: number }
  scrollTo: (index: number, align: 'auto' | 'center') => void
}

/** Draws only the rows that are on the screen, so that a list may have 100,000. */
export function useVirtualRows({ count, rowHeight, headHeight = 0, padding = 0 }: VirtualRowsOptions): VirtualRows {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    paddingStart: padding,
    paddingEnd: padding,
    scrollPaddingStart: headHeight,
  })
  const items = virtual.getVirtualItems()
  const total = virtual.getTotalSize()
  const first = Math.floor((virtual.scrollOffset ?? 0) / rowHeight)
  const fitting = Math.floor(((virtual.scrollRect?.height ?? 0) - headHeight) / rowHeight)
  return {
    scroller,
    items,
    total,
    before: items[0]?.start ?? 0,
    after: total - (items.at(-1)?.end ?? 0),
    visible: { first, end: Math.min(count, first + fitting) },
    scrollTo: (index, align) => virtual.scrollToIndex(index, { align }),
  }
}
