/**
 * Nothing but the application's own files. Pages cannot reach any network: main owns it.
 * Style elements that are made at run time carry the response's nonce: `<meta name="csp-nonce">` in index.html holds
 * it, Mantine takes it by `getStyleNonce`, CodeMirror by `EditorView.cspNonce`. React's style attributes need `style-src-attr`.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    "worker-src 'self'",
    "connect-src 'none'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
