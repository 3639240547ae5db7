import { useEffect, useRef, useState, type RefObject } from 'react'

/** How wide a chart is on the screen: it is drawn in those pixels, so that its text keeps its size. */
export function useFrameWidth(): { frame: RefObject<SVGSVGElement | null>; width: number } {
  const frame = useRef<SVGSVGElement>(null)
  const [width, setWidth] = useState(960)
  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(Math.round(entry.contentRect.width))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { frame, width }
}
