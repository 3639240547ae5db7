import { z } from 'zod'

/** Somebody who can sign in at the demo identity provider. The password is the user name followed by `-demo`. */
export const demoAccount = z.strictObject({
  user: z.string().regex(/^[a-z0-9-]{1,40}$/),
  name: z.string().min(1),
  email: z.email(),
  groups: z.array(z.string()),
})
export type DemoAccount = z.infer<typeof demoAccount>

export const demoAccounts: readonly DemoAccount[] = [
  { user: 'operator', name: 'Mira Okafor', email: 'mira.okafor@example.com', groups: ['operators', 'data-oncall'] },
  { user: 'reviewer', name: 'Jonas Lindqvist', email: 'jonas.lindqvist@example.com', groups: ['reviewers', 'dba'] },
  { user: 'auditor', name: 'Helene Brandt', email: 'helene.brandt@example.com', groups: ['audit'] },
  { user: 'admin', name: 'Priya Raman', email: 'priya.raman@example.com', groups: ['gatehouse-admins'] },
  { user: 'admin2', name: 'Sofia Lund', email: 'sofia.lund@example.com', groups: ['gatehouse-admins'] },
]

export const demoPassword = (user: string): string => `${user}-demo`
