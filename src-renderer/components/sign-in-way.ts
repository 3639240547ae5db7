/** Ways to sign in that have names of their own (OpenID Connect EAP ACR Values 1.0). */
const known: Record<string, string> = {
  phr: 'phishing-resistant',
  phrh: 'phishing-resistant and held in hardware',
}

/** What a sign-in has to be like, in words: `phishing-resistant`. A value that only the identity provider knows stands as it is. */
export function signInWay(acr: readonly string[]): string {
  return acr.map((value) => known[value] ?? `“${value}”`).join(' or ')
}
