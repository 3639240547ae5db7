export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5)
}

/** The value that so large a share of the numbers does not exceed; NaN of none, and what is no number does not count. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.filter((number) => Number.isFinite(number)).toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export interface Line {
  slope: number
  intercept: number
  /** standard error of the slope: what is smaller than twice this is not told from noise */
  slopeError: number
}

/** Least squares. */
export function fitLine(points: readonly { x: number; y: number }[]): Line {
  const count = points.length
  const meanOf = (pick: (point: { x: number; y: number }) => number) => points.reduce((sum, point) => sum + pick(point), 0) / count
  const [meanX, meanY] = [meanOf(({ x }) => x), meanOf(({ y }) => y)]
  const squares = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / squares
  const intercept = meanY - slope * meanX
  const residual = points.reduce((sum, { x, y }) => sum + (y - intercept - slope * x) ** 2, 0)
  return { slope, intercept, slopeError: Math.sqrt(residual / (count - 2) / squares) }
}
