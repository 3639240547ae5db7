import { CircleCheck } from 'lucide-react'
import type { PolicyVersion } from '../../../src-protocol/policy-version.ts'
import { shortHash } from '../../components/hash.tsx'
import { formatDateTime } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import styles from './documents.module.css'

interface VersionListProps {
  versions: readonly PolicyVersion[]
  /** undefined: something else is shown */
  shown: string | undefined
  onShow: (version: string) => void
}

/** Every version there ever was, the latest first. None is changed in place, none disappears. */
export function VersionList({ versions, shown, onShow }: VersionListProps) {
  const sorted = versions.toSorted((a, b) => b.at.localeCompare(a.at))
  return (
    <aside className={styles.versions} aria-label="Versions">
      <header className={styles.paneHead}>
        <h2>Versions</h2>
        <span className="t3 small num">{versions.length}</span>
      </header>
      <ul className={styles.versionItems}>
        {sorted.map((version) => (
          <li key={`${version.version} ${version.at}`}>
            <button type="button" aria-current={version.version === shown ? 'true' : undefined} onClick={() => onShow(version.version)}>
              <span className="row">
                <span className="mono medium" title={version.version}>
                  {shortHash(version.version)}
                </span>
                <span className="right">{version.active && <ToneMark icon={CircleCheck} tone="allowed" word="In force" />}</span>
              </span>
              <span className="small t3 ellipsis">
                {formatDateTime(version.at)} · {version.author}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className={`${styles.promise} small t3`}>A version is named by the SHA-256 of its text. Recordings say which one decided.</p>
    </aside>
  )
}
