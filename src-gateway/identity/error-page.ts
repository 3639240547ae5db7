import { escapeHtml, type BrowserPage } from '../../src-node/browser-page.ts'
import type { AppError } from '../../src-protocol/app-error.ts'

/** What the system browser shows when a sign-in cannot go back to the desktop. */
export function errorPage(error: AppError): BrowserPage {
  return {
    title: 'The sign-in did not work',
    brand: 'Gatehouse gateway',
    body: `<h1>The sign-in did not work</h1>
<p class="error" role="alert">${escapeHtml(error.message)}</p>
<p>${escapeHtml(error.remedy)}</p>
<p class="note"><code>${escapeHtml(error.code)}</code></p>`,
  }
}
