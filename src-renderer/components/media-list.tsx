import type { RecordedMedia } from '../../src-protocol/recording.ts'
import { Hash } from './hash.tsx'
import { VisibleText } from './visible-text.tsx'
import styles from './media-list.module.css'

/** Long lists of a hostile server stay readable. */
const shownPieces = 50

const names: Record<RecordedMedia['kind'], string> = { image: 'Image', audio: 'Sound', file: 'File', unknown: 'Unknown content' }

/** What of a message is recorded as type, size and hash, and whether the client got it. */
export function MediaList({ media, more = 0 }: { media: readonly RecordedMedia[]; more?: number | undefined }) {
  const unnamed = Math.max(0, media.length - shownPieces) + more
  return (
    <ul className={styles.list} aria-label="Recorded without its bytes">
      {media.slice(0, shownPieces).map((piece, index) => (
        <li key={index} className="small">
          <span className={styles.what}>
            <span className="medium">{names[piece.kind]}</span>
            <span className="t2">
              <VisibleText text={piece.type} />
            </span>
            <span className="num t2">{piece.bytes.toLocaleString('en')} bytes</span>
            <Hash value={piece.sha256} label={`SHA-256 of ${piece.path}`} />
          </span>
          <span className={styles.where}>
            <span className="mono t3">
              <VisibleText text={piece.path} />
            </span>
            <span className="t2">
              {piece.leftOutBy === undefined ? (
                'delivered'
              ) : (
                <>
                  left out by rule <VisibleText text={piece.leftOutBy} />
                </>
              )}
            </span>
          </span>
        </li>
      ))}
      {unnamed > 0 && <li className="small t3">and {unnamed.toLocaleString('en')} more</li>}
    </ul>
  )
}
