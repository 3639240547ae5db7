import { useMemo } from 'react'
import type { MaskApplied } from '../../../../src-protocol/model.ts'
import type { MaskingTrialResult } from '../../../../src-protocol/masking-trial.ts'
import { ErrorNote } from '../../../components/error-state.tsx'
import { readJson } from '../../../components/json-document.ts'
import { JsonTree } from '../../../components/json-tree.tsx'
import { MaskPlaces } from '../../../components/mask-places.ts'
import { MediaList } from '../../../components/media-list.tsx'
import { MaskedText } from '../../../components/masked-text.tsx'
import { Note } from '../../../components/note.tsx'
import type { TrialView } from './use-masking-trial.ts'
import styles from './trial.module.css'

/** What is left of a response, and which rule masked what where. */
export function TrialResult({ trial: { result, error, stale }, empty }: { trial: TrialView; empty: boolean }) {
  if (error) {
    return (
      <div className={styles.note}>
        <ErrorNote error={error} />
      </div>
    )
  }
  if (result === undefined) return <p className={`${styles.hint} t3`}>{empty ? 'Here stands what a client would get.' : 'Trying it'}</p>
  return (
    <div className={stale ? `${styles.after} ${styles.stale}` : styles.after} aria-busy={stale}>
      <Outcome result={result} />
    </div>
  )
}

function Outcome({ result }: { result: MaskingTrialResult }) {
  switch (result.outcome) {
    case 'masked':
      return <Masked text={result.text} json={result.json} masks={result.masks} media={result.media} />
    case 'blocked':
      return (
        <div className={styles.note}>
          <Note tone="denied" title={`The rule ${result.rule} withholds the whole message.`}>
            {result.because}
          </Note>
        </div>
      )
    case 'withheld':
      return (
        <div className={styles.note}>
          <Note tone="denied" title="The message is withheld: it cannot be searched to its end.">
            {`The reason: ${result.problem}.`}
          </Note>
        </div>
      )
    case 'invalid':
      return (
        <div className={styles.note}>
          <Note tone="held" title="The masking rules have a problem.">
            {`At ${result.problem}.`}
          </Note>
        </div>
      )
    default:
      return result satisfies never
  }
}

function Masked({
  text,
  json,
  masks,
  media,
}: Pick<Extract<MaskingTrialResult, { outcome: 'masked' }>, 'text' | 'json' | 'masks' | 'media'>) {
  const reading = useMemo(() => (json ? readJson(text) : undefined), [json, text])
  const places = useMemo(() => new MaskPlaces(masks), [masks])
  return (
    <>
      <div className={styles.shown}>
        {reading?.ok ? (
          <JsonTree key={text} document={reading.document} masks={places} label="Response after masking" />
        ) : (
          <pre className={styles.text} tabIndex={0} role="region" aria-label="Response after masking">
            <MaskedText text={text} masks={masks} />
          </pre>
        )}
      </div>
      <div className={styles.masks}>
        <MaskList masks={masks} total={places.total} />
        {media.length > 0 && (
          <div className={styles.media}>
            <h3>Recorded as type, size and hash</h3>
            <MediaList media={media} />
          </div>
        )}
      </div>
    </>
  )
}

function MaskList({ masks, total }: { masks: readonly MaskApplied[]; total: number }) {
  return (
    <>
      <h3 role="status">{total === 0 ? 'Nothing is masked' : total === 1 ? '1 value is masked' : `${total} values are masked`}</h3>
      {masks.length > 0 && (
        <ul className={styles.places} aria-label="Masks">
          {masks.map(({ rule, kind, path, count }) => (
            <li key={`${rule} ${kind} ${path}`}>
              <span className="medium">{rule}</span>
              <span className="t2">{kind}</span>
              <span className="mono t2">{path === '' ? 'the whole text' : path}</span>
              <span className="num t3">{count > 1 ? `${count} ×` : ''}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
