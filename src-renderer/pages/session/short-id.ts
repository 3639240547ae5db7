/** What people call a session: `ses_4f19c2Kd83mQpW7x` → `4f19c2`. */
export function shortId(id: string): string {
  return id.slice(4, 10)
}
