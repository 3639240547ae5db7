import type { WindowState } from './preferences-store.ts'

interface Rectangle {
  x: number
  y: number
  width: number
  height: number
}

export interface WindowPlacement {
  bounds: { x?: number; y?: number; width: number; height: number }
  maximized: boolean
}

/** Where the window opens: where it was, if enough of its top still lies on a screen to be grabbed; else the system decides. */
export function decideWindowPlacement(stored: WindowState | undefined, screens: readonly Rectangle[]): WindowPlacement {
  if (!stored) return { bounds: { width: 1280, height: 800 }, maximized: false }
  const { x, y, width, height } = stored.bounds
  const reachable = screens.some(
    (screen) =>
      y >= screen.y && y < screen.y + screen.height - 40 && Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x) >= 100,
  )
  return { bounds: reachable ? { x, y, width, height } : { width, height }, maximized: stored.maximized }
}
