import { LoadingRows } from './loading-rows.tsx'
import { Panel } from './panel.tsx'

/** The body of a page whose content is on its way: grey bars in the frame that the content will have. */
export function LoadingPage({ rows, label }: { rows?: number; label: string }) {
  return (
    <div className="page-body">
      <Panel flush>
        <LoadingRows label={label} {...(rows !== undefined && { rows })} />
      </Panel>
    </div>
  )
}
