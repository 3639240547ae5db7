import type { LeftOut } from '../../../src-protocol/recording.ts'
import { VisibleText } from '../../components/visible-text.tsx'
import styles from './record-side.module.css'

const reasons: Record<LeftOut['why'], string> = {
  policy: 'policy denies every use',
  changed: 'its definition was not accepted',
  new: 'new, and not accepted yet',
  rejected: 'rejected by an administrator',
  duplicate: 'the name stood in the list before',
  unusable: 'no usable name or definition',
}

/** Long lists of a hostile server stay readable. */
const shownNames = 50

/** What the server named in a list and the client was not shown. */
export function LeftOutList({ leftOut, more }: { leftOut: readonly LeftOut[]; more: number }) {
  const unnamed = Math.max(0, leftOut.length - shownNames) + more
  return (
    <ul>
      {leftOut.slice(0, shownNames).map(({ name, why, rule }, index) => (
        <li key={index} className="small t2">
          <span className={`${styles.rule} mono`}>{name === '' ? 'nameless' : <VisibleText text={name} />}</span>: {reasons[why]}
          {rule !== undefined && (
            <>
              {' '}
              (rule <VisibleText text={rule} />)
            </>
          )}
        </li>
      ))}
      {unnamed > 0 && <li className="small t3">and {unnamed} more</li>}
    </ul>
  )
}
