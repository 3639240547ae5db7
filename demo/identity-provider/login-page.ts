import { type BrowserPage, escapeHtml } from '../../src-node/browser-page.ts'
import { demoPassword, type DemoAccount } from './accounts.ts'

const brand = 'Gatehouse demo identity provider'

export interface LoginPageState {
  /** where the forms go */
  action: string
  accounts: readonly DemoAccount[]
  /** what the user field starts with */
  user?: string
  /** fill the password too: only for the one-click demo accounts */
  fillPassword?: boolean
  /** the last attempt was wrong */
  refused?: boolean
}

export function loginPage({ action, accounts, user = '', fillPassword = false, refused = false }: LoginPageState): BrowserPage {
  const invalid = refused ? ' aria-invalid="true" aria-describedby="refused"' : ''
  const password = fillPassword ? demoPassword(user) : ''
  return {
    title: refused ? 'Sign in: not accepted' : 'Sign in',
    brand,
    body: `<h1>Sign in</h1>
<p>Gatehouse asks who you are.</p>
${refused ? '<p class="error" role="alert" id="refused">User name or password is wrong. Nobody was signed in.</p>' : ''}
<form method="post" action="${escapeHtml(action)}">
<label for="user">User name</label>
<input id="user" name="user" value="${escapeHtml(user)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${invalid}${user ? '' : ' autofocus'}>
<label for="password">Password</label>
<input id="password" name="password" type="password" value="${escapeHtml(password)}" autocomplete="current-password" required${invalid}${user && !password ? ' autofocus' : ''}>
<div class="actions">
<button class="button primary" type="submit" name="act" value="sign-in"${password ? ' autofocus' : ''}>Sign in</button>
<button class="button" type="submit" name="act" value="cancel" formnovalidate>Cancel</button>
</div>
</form>
<section class="note" aria-labelledby="accounts">
<h2 id="accounts">Demo accounts</h2>
<p>Choose one to fill in the form. Each password is the user name followed by <code>-demo</code>.</p>
<ul class="accounts">
${accounts.map((account) => accountLink(account, action, account.user === user)).join('\n')}
</ul>
</section>`,
  }
}

function accountLink(account: DemoAccount, action: string, chosen: boolean): string {
  return `<li><a href="${escapeHtml(action)}?account=${escapeHtml(account.user)}" data-account="${escapeHtml(account.user)}"${chosen ? ' aria-current="true"' : ''}>
<span class="user">${escapeHtml(account.user)}</span><span class="who">${escapeHtml(account.name)}</span>
<span class="groups">${escapeHtml(account.groups.join(', '))}</span></a></li>`
}

/** `form` is the library's own markup: a hidden form with the id that the buttons name. */
export function logoutPage(form: string): BrowserPage {
  return {
    title: 'Sign out?',
    brand,
    body: `<h1>Sign out?</h1>
<p>This ends your sign-in at the identity provider in this browser.</p>
${form}
<div class="actions">
<button class="button primary" autofocus type="submit" form="op.logoutForm" value="yes" name="logout">Sign out</button>
<button class="button" type="submit" form="op.logoutForm">Stay signed in</button>
</div>`,
  }
}

export function messagePage(title: string, sentence: string): BrowserPage {
  return { title, brand, body: `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(sentence)}</p>` }
}
