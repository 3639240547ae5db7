import type { ServerResponse } from 'node:http'
import { createHash } from 'node:crypto'

/**
 * The few pages that a system browser shows during a sign-in: one narrow panel, light and dark, no script at all.
 * The desktop's own window has its own theme; these values are the same tokens.
 */
const style = `
:root{color-scheme:light dark;--canvas:#f6f7f8;--surface:#fff;--sunken:#f4f5f7;--line:#dfe2e6;--button-line:#b4bac2;--control:#868e97;--text:#1b1f24;--text-2:#454d56;--text-3:#5f6771;--accent:#1f5c9e;--accent-hover:#184a80;--on-accent:#fff;--hover:#e9ecef;--denied:#ab231c;--denied-bg:#fdeeec;--denied-line:#efbcb7;--allowed:#3d6050}
@media (prefers-color-scheme:dark){:root{--canvas:#17191c;--surface:#1d2023;--sunken:#16181b;--line:#2d3136;--button-line:#50575f;--control:#6f7780;--text:#e6e9ec;--text-2:#b9c0c7;--text-3:#959da6;--accent:#7fb2e6;--accent-hover:#9cc5ef;--on-accent:#0f1a26;--hover:#292d32;--denied:#f49a92;--denied-bg:#371f1e;--denied-line:#673733;--allowed:#a0bfaf}}
*,*::before,*::after{box-sizing:border-box}
html,body{margin:0;min-height:100%}
body{display:grid;place-items:center;min-height:100vh;padding:24px 16px;background:var(--canvas);color:var(--text);font:400 14px/20px "Inter Variable","Inter",system-ui,"Segoe UI","Helvetica Neue",sans-serif;-webkit-font-smoothing:antialiased}
main{width:100%;max-width:400px;padding:32px;background:var(--surface);border:1px solid var(--line);border-radius:8px}
.brand{display:flex;align-items:center;gap:8px;margin:0 0 24px;color:var(--text-2);font-size:13px;font-weight:500}
.brand svg{width:20px;height:20px;flex:none}
h1{margin:0 0 8px;font-size:18px;line-height:24px;font-weight:600;letter-spacing:-.01em}
h2{margin:0 0 8px;font-size:13px;line-height:20px;font-weight:600}
p{margin:0 0 16px;color:var(--text-2)}
p:last-child{margin-bottom:0}
code{font:12px/20px "JetBrains Mono Variable",ui-monospace,"Cascadia Mono",Menlo,monospace;overflow-wrap:anywhere}
label{display:block;margin-bottom:4px;font-size:13px;font-weight:500}
input{width:100%;height:36px;margin-bottom:16px;padding:0 10px;color:var(--text);background:var(--surface);border:1px solid var(--control);border-radius:6px;font:inherit}
input[aria-invalid]{border-color:var(--denied)}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.actions{display:flex;gap:8px}
.button{flex:1;display:inline-flex;align-items:center;justify-content:center;height:36px;padding:0 12px;border:1px solid var(--button-line);border-radius:6px;background:var(--surface);color:var(--text);font:inherit;font-weight:500;text-decoration:none;cursor:pointer}
.button:hover{background:var(--hover)}
.button.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.button.primary:hover{background:var(--accent-hover);border-color:var(--accent-hover)}
.error{margin:0 0 16px;padding:8px 12px;color:var(--denied);background:var(--denied-bg);border:1px solid var(--denied-line);border-radius:6px}
.note{margin:24px 0 0;padding-top:16px;border-top:1px solid var(--line);font-size:13px;color:var(--text-3)}
.accounts{display:grid;gap:4px;margin:0;padding:0;list-style:none}
.accounts a{display:grid;grid-template-columns:72px 1fr;gap:0 8px;padding:6px 10px;border:1px solid var(--line);border-radius:6px;color:var(--text);text-decoration:none}
.accounts a:hover{background:var(--hover)}
.accounts a[aria-current]{border-color:var(--accent)}
.accounts .user{font-weight:500}
.accounts .who{color:var(--text-2)}
.accounts .groups{grid-column:2;font-size:12px;line-height:16px;color:var(--text-3)}
.mark{color:var(--allowed)}`

const styleHash = createHash('sha256').update(style).digest('base64')

const brandMark =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M4 21V9l8-6 8 6v12"/><path d="M9 21v-7a3 3 0 0 1 6 0v7"/><path d="M2 21h20"/></svg>'

export interface BrowserPage {
  title: string
  /** whose page this is, above the title */
  brand: string
  /** markup; every value in it went through `escapeHtml` */
  body: string
}

const replacements: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => replacements[character] ?? '')
}

export function browserPageHtml({ title, brand, body }: BrowserPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="brand">${brandMark}<span>${escapeHtml(brand)}</span></p>
${body}
</main>
</body>
</html>
`
}

/**
 * Headers of such a page: no script, no frame, nothing loaded, nothing cached, no address leaked onwards.
 * Browsers apply `form-action` to the redirects after a form too, so a page with a form names where these may lead.
 */
export function browserPageHeaders(formTargets: readonly string[] = []): Record<string, string> {
  const formAction = formTargets.length === 0 ? "'none'" : formTargets.join(' ')
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  }
}

export function sendBrowserPage(
  response: ServerResponse,
  page: BrowserPage & { status?: number; formTargets?: readonly string[]; headers?: Record<string, string> },
): void {
  const html = browserPageHtml(page)
  response.writeHead(page.status ?? 200, {
    ...browserPageHeaders(page.formTargets),
    ...page.headers,
    'content-length': String(Buffer.byteLength(html)),
  })
  response.end(html)
}
