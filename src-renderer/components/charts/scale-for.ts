/** Round numbers from 0 up to one that holds the largest value; four steps at most. */
export function scaleFor(most: number): number[] {
  const rough = Math.max(1, most) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(
    1,
    [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size * 4 >= most && Number.isInteger(size)) ?? 10 * power,
  )
  const ticks = [0]
  while ((ticks.at(-1) ?? 0) < most) ticks.push((ticks.at(-1) ?? 0) + step)
  return ticks
}
