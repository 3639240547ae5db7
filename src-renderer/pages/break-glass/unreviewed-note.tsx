import { Link } from '@tanstack/react-router'
import { Siren } from 'lucide-react'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { Note } from '../../components/note.tsx'
import { awaitsReview } from './break-glass-words.ts'

/** On the overview: calls ran without approval, and nobody has said since whether that was right. */
export function UnreviewedNote() {
  const due = (useDesktopQuery('break-glass:overview').data?.openings ?? []).filter(awaitsReview)
  if (due.length === 0) return null
  return (
    <Note tone="held" icon={Siren} title="The glass was broken, and nobody has reviewed it.">
      <Link to="/break-glass">
        {due.length} {due.length === 1 ? 'opening is' : 'openings are'} not reviewed
      </Link>
    </Note>
  )
}
