/** The text as it may stand on a shared screen: what is copied has the secret, what is shown has dots. */
export function hideSecret(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, '••••••••')
}
