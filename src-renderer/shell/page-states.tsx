import { Button } from '@mantine/core'
import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import type { Role } from '../../src-protocol/model.ts'
import { EmptyState } from '../components/empty-state.tsx'
import { ErrorState } from '../components/error-state.tsx'
import { PageHeader } from '../components/page-header.tsx'

/** An address that leads nowhere: an old link, or a mistyped one. */
export function PageMissing() {
  return (
    <EmptyState
      title="This page does not exist"
      sentence={
        <>
          The link may be old. <Link to="/">Go to the first page</Link>, or search with Ctrl K.
        </>
      }
    />
  )
}

/** A page broke while it was drawn. The shell around it stays. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  return (
    <div className="page">
      <PageHeader title="This page failed" />
      <ErrorState error={error} onRetry={reset} />
    </div>
  )
}

/** The page exists, but not for the roles of this person. */
export function PageForbidden({ roles }: { roles: readonly Role[] }) {
  return (
    <EmptyState
      title="Your roles do not open this page"
      sentence={`It needs the role ${roles.join(' or ')}. Your roles come from your groups at the identity provider: ask an administrator.`}
      hint={
        <Button component={Link} to="/">
          Go to the first page
        </Button>
      }
    />
  )
}
