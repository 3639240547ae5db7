/** `45 min`, `1 h`, `1 h 30` */
export function formatMinutes(minutes: number): string {
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${String(rest).padStart(2, '0')}`
}

/** The lengths to offer for a connection: the usual ones below its limit, and the limit. */
export function offeredLengths(maxMinutes: number): number[] {
  return [...[15, 30, 60, 120, 240, 480].filter((minutes) => minutes < maxMinutes), maxMinutes].slice(-4)
}
