const loopback = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** What is wrong with a gateway's address, as a sentence; undefined if it can be tried. Main checks it again. */
export function gatewayAddressProblem(text: string): string | undefined {
  const address = text.trim()
  if (address === '') return 'Enter the address of your gateway.'
  if (!URL.canParse(address)) return 'This is not an address. It looks like https://gate.example.com.'
  const { protocol, hostname, search, hash, username } = new URL(address)
  if (protocol !== 'https:' && protocol !== 'http:') return 'The address starts with https://.'
  if (protocol === 'http:' && !loopback.has(hostname)) return 'Without https, only a gateway on this computer can be used.'
  if (search !== '' || hash !== '' || username !== '') return 'Enter the address only, without a query, a fragment or a name.'
  return undefined
}
