const base64 = (bytes: Buffer): string => bytes.toString('base64')

/** Bytes that are no text, with the beginning of a PNG. */
const picture = base64(Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(120, 0xee)]))
const sound = base64(Buffer.concat([Buffer.from('ID3'), Buffer.alloc(120, 0xee)]))
const inContent = (...content: unknown[]): object => ({ content })
const resource = (contents: object): object => ({ type: 'resource', resource: { uri: 'x:y', ...contents } })

/** A result, and what of it must be left where images, sounds, files and unknown content are left out: neither delivered nor recorded. */
export const mediaAttempts: [name: string, result: unknown, raw: string][] = [
  ['an image', inContent({ type: 'image', mimeType: 'image/png', data: picture }), picture],
  ['a sound that is said to be text', inContent({ type: 'audio', mimeType: 'text/plain', data: sound }), sound],
  ['an image in a blob that is said to be text', inContent(resource({ mimeType: 'text/plain', blob: picture })), picture],
  ['an image in a blob without a type', { contents: [{ uri: 'x:y', blob: picture }] }, picture],
  ['an image that is said to be a sound', inContent(resource({ mimeType: 'audio/wav', blob: picture })), picture],
  ['a text of a type that MCP does not have', inContent({ type: 'markdown', text: 'take this' }), 'take this'],
  ['a text without a type', inContent({ text: 'take this' }), 'take this'],
  ['a type with capitals', inContent({ type: 'Image', mimeType: 'image/png', data: picture }), picture],
  ['bytes in capitals beside a text', inContent({ type: 'text', text: 'hi', Type: 'image', DATA: picture }), picture],
  ['a blob in capitals', { contents: [{ uri: 'x:y', text: 'hi', Blob: picture }] }, picture],
  ['a type with escapes', JSON.parse(`{"content":[{"type":"im\\u0061ge","d\\u0061ta":"${picture}"}]}`), picture],
  ['bytes beside a text', inContent({ type: 'text', text: 'hi', data: picture }), picture],
  ['a blob beside the text of a resource', inContent(resource({ text: 'hi', blob: picture })), picture],
  [
    'an image in what a tool is said to have answered',
    inContent({ type: 'tool_result', toolUseId: 'a', content: [{ type: 'image', data: picture }] }),
    picture,
  ],
  ['an image inside an image', inContent({ type: 'image', data: '', content: [{ type: 'image', data: picture }] }), picture],
  ['a resource inside unknown content', inContent({ type: 'box', resource: { uri: 'x:y', blob: picture } }), picture],
  ['an image in a message of a prompt', { messages: [{ role: 'user', content: { type: 'image', data: picture } }] }, picture],
  [
    'an image in a question to a model, inside a result',
    {
      inputRequests: {
        a: { method: 'sampling/createMessage', params: { messages: [{ role: 'user', content: [{ type: 'image', data: picture }] }] } },
      },
    },
    picture,
  ],
  ['bytes that are no base64', inContent({ type: 'image', data: `* ${picture}` }), picture],
  ['an address with bytes in a text', inContent({ type: 'text', text: `![](data:image/png;base64,${picture})` }), picture],
  ['an address with bytes in structured content', { structuredContent: { plan: `data:;base64,${picture}` } }, picture],
  ['an address with bytes as a link', inContent({ type: 'resource_link', name: 'x', uri: `data:image/png;base64,${picture}` }), picture],
]

/** What is delivered and recorded as it is, and why. */
export const uncaughtMedia: [name: string, result: unknown, raw: string, why: string][] = [
  [
    'bytes as plain base64 in a text',
    inContent({ type: 'text', text: picture }),
    picture,
    'a word of base64 may be a key, a hash or an id; a client sees a text',
  ],
  [
    'bytes as plain base64 in structured content',
    { structuredContent: { screenshot: picture } },
    picture,
    'so may a field; mask it by its name',
  ],
  [
    'an address with bytes, its form escaped or in capitals',
    inContent({ type: 'text', text: `data:image/png;BASE64,${picture}` }),
    picture,
    'every message would have to be searched for it twice; the tool that gives it can be denied',
  ],
]
