/** The one origin of the application's pages. Everything that trusts a page compares with this, exactly. */
export const applicationScheme = 'app'
const applicationHost = 'gatehouse'
export const applicationOrigin = `${applicationScheme}://${applicationHost}`

/** URL parsers give a custom scheme the origin "null", so scheme, host and port are compared one by one. */
export function isApplicationUrl(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    url.protocol === `${applicationScheme}:` &&
    url.hostname === applicationHost &&
    url.port === '' &&
    url.username === '' &&
    url.password === ''
  )
}
