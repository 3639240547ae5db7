import { useNavigate } from '@tanstack/react-router'
import { FolderInput } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { desktop } from '../api/desktop.ts'
import { asAppError } from '../api/query-client.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import { ErrorNote } from '../components/error-state.tsx'
import styles from './file-drop.module.css'

/** how long a drop that opened nothing says so */
const saidMs = 10_000

const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false

/** Recordings, packs and proofs can be dropped anywhere on the window. The way without a mouse is the button “Open a file” among the recordings. */
export function FileDrop() {
  const [over, setOver] = useState(false)
  const [error, setError] = useState<AppError>()
  const navigate = useNavigate()

  const open = useEffectEvent((files: readonly File[]) => {
    setError(undefined)
    desktop.openFiles(files).then(
      () => void navigate({ to: '/recordings' }),
      (problem: unknown) => setError(asAppError(problem)),
    )
  })
  useEffect(() => {
    // one event for each element that is entered and left
    let depth = 0
    const change = (by: number) => (event: DragEvent) => {
      if (!bringsFiles(event)) return
      event.preventDefault()
      depth = Math.max(0, depth + by)
      setOver(depth > 0)
    }
    const [enter, leave] = [change(1), change(-1)]
    const drop = (event: DragEvent): void => {
      if (!bringsFiles(event)) return
      event.preventDefault()
      depth = 0
      setOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) open(files)
    }
    const stay = (event: DragEvent): void => {
      if (bringsFiles(event)) event.preventDefault()
    }
    window.addEventListener('dragenter', enter)
    window.addEventListener('dragleave', leave)
    window.addEventListener('dragover', stay)
    window.addEventListener('drop', drop)
    return () => {
      window.removeEventListener('dragenter', enter)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('dragover', stay)
      window.removeEventListener('drop', drop)
    }
  }, [])
  useEffect(() => {
    if (error === undefined) return undefined
    const timer = setTimeout(() => setError(undefined), saidMs)
    return () => clearTimeout(timer)
  }, [error])

  return (
    <>
      {over && (
        <div className={styles.over} aria-hidden>
          <div className={styles.target}>
            <FolderInput />
            <p className="medium">Drop to open</p>
            <p className="t2">Recordings, evidence packs (.zip or folder) and proofs. They are checked before anything of them is kept.</p>
          </div>
        </div>
      )}
      {error && (
        <div className={styles.error} role="alert">
          <ErrorNote error={error} />
        </div>
      )}
    </>
  )
}
