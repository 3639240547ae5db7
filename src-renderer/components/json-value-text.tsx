import { Fragment } from 'react'
import { MaskedChip } from './masked-chip.tsx'
import type { MaskPlaces } from './mask-places.ts'
import { VisibleText } from './visible-text.tsx'

interface JsonValueTextProps {
  text: string
  /** where the text stands, for the masks applied there */
  path: string
  masks: MaskPlaces
  /** strings stand in quotes unless they are nothing but a masked value */
  quoted?: boolean
  highlight?: string | undefined
}

/** One value of a message: text with its masked parts as chips that name their rule. */
export function JsonValueText({ text, path, masks, quoted = false, highlight }: JsonValueTextProps) {
  const segments = masks.cut(path, text)
  const onlyChip = segments.length === 1 && segments.every((segment) => 'kind' in segment)
  const quote = quoted && !onlyChip ? '"' : ''
  return (
    <>
      {quote}
      {segments.map((segment, at) => (
        <Fragment key={at}>
          {'kind' in segment ? (
            <MaskedChip kind={segment.kind} rule={segment.rule} left={segment.left} />
          ) : (
            <VisibleText text={segment.text} highlight={highlight} />
          )}
        </Fragment>
      ))}
      {quote}
    </>
  )
}
