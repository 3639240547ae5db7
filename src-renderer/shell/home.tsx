import { Navigate } from '@tanstack/react-router'
import { useDesktopState } from '../api/use-desktop-state.ts'
import { homeOf } from './places.ts'

/** The first page, by what the person may do. */
export function Home() {
  const { signIn } = useDesktopState()
  return <Navigate to={signIn.state === 'signed-in' ? homeOf(signIn.person.roles) : '/sign-in'} replace />
}
