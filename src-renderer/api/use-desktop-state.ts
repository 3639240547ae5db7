import { createContext, use } from 'react'
import type { DesktopState } from '../../src-protocol/desktop-api.ts'
import type { Person, Role } from '../../src-protocol/model.ts'

export const DesktopStateContext = createContext<DesktopState | undefined>(undefined)

/** Who is signed in, what is reachable, what the person prefers. Known before the first page is drawn. */
export function useDesktopState(): DesktopState {
  const state = use(DesktopStateContext)
  if (state === undefined) throw new Error('useDesktopState needs the application around it.')
  return state
}

/** The signed-in person, or undefined. */
export function usePerson(): Person | undefined {
  const { signIn } = useDesktopState()
  return signIn.state === 'signed-in' ? signIn.person : undefined
}

/** Whether the signed-in person has one of the roles. */
export function useHasRole(...roles: Role[]): boolean {
  const person = usePerson()
  return person !== undefined && roles.some((role) => person.roles.includes(role))
}
