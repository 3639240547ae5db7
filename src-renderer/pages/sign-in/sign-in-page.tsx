import { LoadingRows } from '../../components/loading-rows.tsx'

/** Shown while the page behind this address is on its way. */
export function SignInPage() {
  return <LoadingRows />
}
