/** Signs in as a person with a browser would, without one: follows redirects, keeps cookies, fills in the login form. */

export interface SignInByFetch {
  username: string
  /** default: the demo password of that user */
  password?: string
  /** press Cancel instead */
  cancel?: boolean
  /** called with every address that is about to be requested; may change it, or return undefined to stop there */
  intercept?: (url: URL) => URL | undefined
  /** cookies to go on with: the same browser as an earlier call */
  cookies?: CookieJar
}

export interface SignInResult {
  /** the last address that was requested (or at which `intercept` stopped) */
  url: URL
  status: number
  body: string
}

const maximumSteps = 25

/** Resolves with the page at which the browser ended up, whatever it says; the caller judges it. */
export async function signInByFetch(url: string, person: SignInByFetch): Promise<SignInResult> {
  const cookies = person.cookies ?? new CookieJar()
  let formSent = false
  let next: { url: URL; form?: URLSearchParams } = { url: new URL(url) }
  for (let step = 0; step < maximumSteps; step += 1) {
    const target = person.intercept ? person.intercept(next.url) : next.url
    if (!target) return { url: next.url, status: 0, body: '' }
    const response = await fetch(target, {
      method: next.form ? 'POST' : 'GET',
      body: next.form,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: cookies.headerFor(target) },
    })
    cookies.store(target, response.headers.getSetCookie())
    const body = await response.text()
    const location = response.headers.get('location')
    if (location !== null) {
      next = { url: new URL(location, target) }
      continue
    }
    const action = formAction(body)
    if (action === undefined || formSent) return { url: target, status: response.status, body }
    formSent = true
    const { username, password = `${username}-demo`, cancel = false } = person
    next = { url: new URL(action, target), form: new URLSearchParams({ user: username, password, act: cancel ? 'cancel' : 'sign-in' }) }
  }
  throw new Error(`the sign-in did not come to an end in ${maximumSteps} steps; last: ${next.url.href}`)
}

/** An `openBrowser` for tests: returns at once, as a real one does, and signs in behind it. */
export function openBrowserAs(person: SignInByFetch, results?: SignInResult[]): (url: string) => Promise<void> {
  return async (url) => {
    void signInByFetch(url, person).then(
      (result) => results?.push(result),
      (error: unknown) => results?.push({ url: new URL(url), status: 0, body: String(error) }),
    )
  }
}

function formAction(html: string): string | undefined {
  const action = /<form[^>]*\saction="([^"]+)"/.exec(html)?.[1]
  return action?.replaceAll('&amp;', '&')
}

/** As browsers do: per host and path, and blind to ports. Expiry by date only when it deletes. */
export class CookieJar {
  #cookies: { host: string; path: string; name: string; value: string }[] = []

  store(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const equals = pair.indexOf('=')
      const name = pair.slice(0, equals)
      const attribute = (wanted: string) => attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
      const path = attribute('path') ?? '/'
      const expires = attribute('expires')
      const gone = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) < Date.now())
      this.#cookies = this.#cookies.filter((cookie) => !(cookie.host === url.hostname && cookie.path === path && cookie.name === name))
      if (!gone) this.#cookies.push({ host: url.hostname, path, name, value: pair.slice(equals + 1) })
    }
  }

  headerFor(url: URL): string {
    return this.#cookies
      .filter(
        ({ host, path }) =>
          host === url.hostname && (url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)),
      )
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }
}
