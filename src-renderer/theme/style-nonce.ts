/** The nonce of this response's content security policy; Mantine puts it on the few `<style>` elements that it writes. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
}
