import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseMessage } from '../json/parse-message.ts'
import { showsArguments } from '../approval/shows-arguments.ts'
import { loadMasking } from './load-masking.ts'
import { maskRpc, type RpcTarget } from './mask-rpc.ts'

const pixels = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 37) % 256)),
])
const png = pixels.toString('base64')
const sha256 = createHash('sha256').update(pixels).digest('hex')
const sound = Buffer.concat([Buffer.from('ID3\x04\0'), pixels.subarray(20)]).toString('base64')
const archive = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0xfe]), pixels.subarray(9)]).toString('base64')
const card = '4111111111111111'
const image = { type: 'image', data: png, mimeType: 'image/png' }
const resource = (contents: object) => ({ type: 'resource', resource: { uri: 'file:///a', ...contents } })

function load(...rules: string[]) {
  const lines = rules.map((rule, at) => `  - { id: r${at}, because: Pictures stay inside., ${rule} }`)
  const loaded = loadMasking(`version: 1\nrules: ${lines.length === 0 ? '[]' : `\n${lines.join('\n')}`}\n`)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.masking
}
const none = load()
const drop = load('media: [image, audio, file, unknown]')

function mask(masking: ReturnType<typeof load>, message: object, target: Partial<RpcTarget> = {}) {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, ...message })
  const parsed = parseMessage(Buffer.from(text), { maxBytes: 1e8, maxDepth: 128 })
  if (!parsed.ok) throw new Error(parsed.code)
  const masked = maskRpc(masking, text, { connection: 'db', tool: 'draw', ...target }, parsed.message)
  return { ...masked, sent: text, got: masked.delivered ?? masked.text }
}
const inResult = (...content: unknown[]) => ({ result: { content } })
const asked = (content: unknown) => ({ method: 'sampling/createMessage', params: { messages: [{ role: 'user', content }], maxTokens: 1 } })

/** Where content stands, of both eras; with what tells it there. */
const places: [string, (block: object) => object, path: string][] = [
  ['in the result of a tool', (block) => inResult({ type: 'text', text: 'here' }, block), '/result/content/1'],
  ['in a prompt', (block) => ({ result: { messages: [{ role: 'user', content: block }] } }), '/result/messages/0/content'],
  ['in a question to a model', asked, '/params/messages/0/content'],
  ['in a list of a question to a model', (block) => asked([block]), '/params/messages/0/content/0'],
  [
    'in what a tool answered, told to a model',
    (block) => asked([{ type: 'tool_result', toolUseId: 'a', content: [block] }]),
    '/params/messages/0/content/0/content/0',
  ],
  [
    'in a question inside a result',
    (block) => ({ result: { resultType: 'input_required', inputRequests: { a: asked([block]) } } }),
    '/result/inputRequests/a/params/messages/0/content/0',
  ],
  ['in the result of a task', (block) => ({ result: { result: { content: [block] } } }), '/result/result/content/0'],
]

describe('an image, a sound, a file and unknown content', () => {
  test.for(places)('%s is delivered as it came, and recorded as type, size and hash', ([, at, path]) => {
    const { text, sent, got, media, masks } = mask(none, at(image))
    expect(got).toBe(sent)
    expect(media).toEqual([{ path, kind: 'image', type: 'image/png', bytes: pixels.length, sha256 }])
    expect(text).toBe(sent.replace(png, `[NOT RECORDED:image image/png, ${pixels.length} bytes, SHA-256 ${sha256}]`))
    expect(masks).toEqual([])
  })

  test.for(places)('%s that a rule leaves out goes, and a text says so', ([, at, path]) => {
    const { text, got, media, masks } = mask(drop, at(image))
    expect(got).not.toContain(png)
    expect(text).toBe(got)
    const said = `[DROPPED:image] An image (image/png, ${pixels.length} bytes) was left out by the rule r0. Pictures stay inside.`
    expect(JSON.parse(got)).toEqual(JSON.parse(JSON.stringify({ jsonrpc: '2.0', id: 1, ...at({ type: 'text', text: said }) })))
    expect(media).toEqual([{ path, kind: 'image', type: 'image/png', bytes: pixels.length, sha256, leftOutBy: 'r0' }])
    expect(masks).toEqual([{ rule: 'r0', kind: 'image', path: `${path.replaceAll(/\/\d+/g, '/*')}/text`, count: 1 }])
  })

  test.for([
    ['a sound', { type: 'audio', data: sound, mimeType: 'audio/mpeg' }, 'audio'],
    ['an embedded file', resource({ mimeType: 'application/zip', blob: archive }), 'file'],
    ['a picture that is said to be text', resource({ mimeType: 'text/plain', blob: png }), 'image'],
    ['a picture without a type', resource({ blob: png }), 'image'],
    ['a picture made of text', { ...image, data: Buffer.from('<svg xmlns="a"/>').toString('base64') }, 'image'],
    ['bytes that are no base64', { ...image, data: `!${png}` }, 'image'],
    ['a type that MCP does not have', { type: 'hologram', payload: 'what nobody looks into' }, 'unknown'],
    ['no type at all', { payload: 'what nobody looks into' }, 'unknown'],
    ['a text that is a list', { type: 'text', text: ['what nobody looks into'] }, 'unknown'],
    ['bytes beside a text', { type: 'text', text: 'hi', data: png }, 'unknown'],
    ['bytes beside a link', { type: 'resource_link', uri: 'a:b', name: 'x', blob: png }, 'unknown'],
    ['bytes beside an embedded text', resource({ text: 'hi', data: png }), 'unknown'],
    ['bytes in a list', resource({ blob: [png] }), 'unknown'],
    ['an image with a resource', { ...image, resource: { uri: 'a:b', blob: sound } }, 'unknown'],
    ['an image elsewhere', { type: 'image', url: 'https://a.example/b.png' }, 'unknown'],
  ] as const)('is recognised: %s', ([, block, kind]) => {
    const kept = mask(none, inResult(block))
    expect(kept.got).toBe(kept.sent)
    expect(kept.media).toMatchObject([{ kind }])
    for (const bytes of [png, sound, archive, 'what nobody looks into']) expect(kept.text).not.toContain(bytes)
    const dropped = mask(drop, inResult(block))
    expect(JSON.parse(dropped.got)).toMatchObject({
      result: { content: [{ type: 'text', text: expect.stringContaining(`[DROPPED:${kind}]`) }] },
    })
    expect(dropped.got).not.toContain('nobody looks into')
  })

  test('the contents of a resource keep their address', () => {
    const { got } = mask(drop, {
      result: {
        contents: [
          { uri: 'file:///a', mimeType: 'image/png', blob: png },
          { uri: 'b:c', text: 'hi' },
        ],
      },
    })
    expect(JSON.parse(got)).toMatchObject({
      result: {
        contents: [
          { uri: 'file:///a', mimeType: 'text/plain', text: expect.stringContaining('[DROPPED:image]') },
          { uri: 'b:c', text: 'hi' },
        ],
      },
    })
  })

  test('what is both of two kinds is left out if one of them is', () => {
    const claimed = resource({ mimeType: 'image/png', blob: sound })
    expect(mask(load('media: [audio]'), inResult(claimed)).got).toContain('[DROPPED:audio]')
    expect(mask(load('media: [image]'), inResult(claimed)).got).toContain('[DROPPED:image]')
  })

  test('an image inside unknown content that is delivered is left out of it', () => {
    const { got, text, masks } = mask(load('media: [image]'), inResult({ type: 'hologram', content: [image] }))
    expect(JSON.parse(got)).toMatchObject({ result: { content: [{ type: 'hologram', content: [{ type: 'text' }] }] } })
    expect(text).not.toContain('hologram"')
    expect(masks).toMatchObject([{ kind: 'image', count: 1 }])
  })
})

test.for([
  ['text', { type: 'text', text: 'hi', annotations: { audience: ['user'] } }],
  ['a link', { type: 'resource_link', uri: 'file:///a.png', name: 'a', mimeType: 'image/png' }],
  ['a text of a resource', resource({ text: 'hi' })],
  ['a text of a resource in base64', resource({ blob: Buffer.from('hello there').toString('base64') })],
])('%s stays as it is, and is recorded', ([, block]) => {
  const masked = mask(drop, inResult(block))
  expect(masked).toMatchObject({ text: masked.sent, got: masked.sent })
  expect(masked.media).toBeUndefined()
})

test('text in base64 is masked before, and the token is recorded', () => {
  const masking = load('detect: [card]')
  const block = { ...image, data: Buffer.from(`card ${card}`).toString('base64') }
  const { got, text, media } = mask(masking, inResult(block))
  expect(JSON.parse(got)).toMatchObject({ result: { content: [{ type: 'image', data: '[MASKED:card]' }] } })
  expect(text).toBe(got)
  expect(media).toEqual([])
})

describe('a rule', () => {
  test.for([
    ['another connection', '{ connections: [web], tools: ["*"] }', {}, false],
    ['another tool', '{ tools: [shot] }', {}, false],
    ['what no tool answered', '{ tools: [shot] }', { tool: undefined }, true],
    ['this tool', '{ tools: [dr*] }', {}, true],
  ] as const)('about %s', ([, match, target, isOut]) => {
    const { got, sent } = mask(load(`media: [image], match: ${match}`), inResult(image), target)
    expect(got !== sent).toBe(isOut)
  })

  test.for([
    ['this tool', '{ tools: [draw] }', {}, false],
    ['another one', '{ tools: [shot] }', {}, true],
    ['this tool elsewhere', '{ connections: [web], tools: [draw] }', {}, true],
    ['this connection', '{ connections: [db] }', { tool: undefined }, false],
    ['a tool, for what no tool answered', '{ tools: [draw] }', { tool: undefined }, true],
  ] as const)('but for %s', ([, except, target, isOut]) => {
    const { got, sent } = mask(load(`media: [image], except: ${except}`), inResult(image), target)
    expect(got !== sent).toBe(isOut)
  })

  test('that blocks withholds the whole message', () => {
    const blocks = load('media: [image]', 'media: [image], action: block')
    expect(() => mask(blocks, inResult(image))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_BLOCKED', data: { rule: 'r1', because: 'Pictures stay inside.' } }),
    )
    // what the gateway itself says is never blocked
    expect(mask(blocks, inResult(image), { own: true }).got).toContain('[DROPPED:image]')
  })

  test('somebody is exempt from delivers the image, and the recording does not have it', () => {
    const exempting = load('media: [image], exempt: { groups: [design], because: They draw. }', 'detect: [card]')
    const { got, sent, text, exempted } = mask(exempting, inResult(image, { type: 'text', text: card }), { groups: ['design'] })
    expect(got).toBe(sent.replace(card, '[MASKED:card]'))
    expect(text).not.toContain(png)
    expect(exempted).toEqual([{ rule: 'r0', group: 'design', count: 1 }])
    expect(mask(exempting, inResult(image), { groups: ['sales'] }).got).not.toContain(png)
  })

  test('of a policy leaves out what it names', () => {
    const masking = none.adding({ key: 'a', rules: [{ id: 'shots', because: 'Not from here.', masks: [{ media: ['image'] }] }] })
    expect(mask(masking, inResult(image)).got).toContain('left out by the rule policy:shots. Not from here.')
  })

  test.for([
    ['in part', 'media: [image], action: partial'],
    ['with a tag', 'media: [image], action: tag'],
    ['of an unknown kind', 'media: [video]'],
    ['beside a detector', 'media: [image], detect: [card]'],
    ['that is about values, with exceptions', 'detect: [card], except: { tools: [a] }'],
  ])('%s is refused', ([, rule]) => {
    expect(() => load(rule ?? '')).toThrow(/rules\.0/)
  })
})

describe('of what a client sends', () => {
  const answer = { type: 'image', data: png, mimeType: 'image/png' }
  const call = (content: object) => ({
    method: 'tools/call',
    params: { name: 'draw', arguments: { picture: png }, inputResponses: { a: { role: 'assistant', model: 'm', content } } },
  })

  test('bytes are not recorded, and nothing is left out', () => {
    const { text, delivered, media, masks } = mask(
      drop,
      { result: { role: 'assistant', model: 'm', content: answer } },
      { fromClient: true },
    )
    expect(text).not.toContain(png)
    expect(delivered).toBeUndefined()
    expect([media?.length, masks]).toEqual([1, []])
  })

  test('people who decide about a call see all that is no bytes', () => {
    const unknown = { type: 'hologram', text: 'drop table' }
    expect(mask(drop, call(unknown), { fromClient: true }).text).toContain('drop table')
    const { text, sent } = mask(drop, call(answer), { fromClient: true })
    const [shown, real] = [text, sent].map((one) => JSON.stringify((JSON.parse(one) as { params: object }).params))
    expect(shown).not.toBe(real)
    expect(showsArguments(shown ?? '', Buffer.from(real ?? ''))).toBe(true)
    // an argument is what the call is about
    expect(text).toContain(png)
  })

  test('a form that was filled in stays as it is', () => {
    const { text, sent } = mask(drop, { result: { action: 'accept', content: { type: 'premium', data: 'x' } } }, { fromClient: true })
    expect(text).toBe(sent)
  })
})

describe('a picture in a data: address', () => {
  const address = `data:image/png;base64,${png}`
  const said = `[NOT RECORDED:image image/png, ${pixels.length} bytes, SHA-256 ${sha256}]`
  test.for<[string, object, string]>([
    ['in a text', inResult({ type: 'text', text: `![plan](${address}) and more` }), '/result/content/0/text'],
    ['in JSON in a text', inResult({ type: 'text', text: JSON.stringify({ plan: address }) }), '/result/content/0/text'],
    [
      'in structured content',
      { result: { content: [], structuredContent: { plans: [[address]] } } },
      '/result/structuredContent/plans/0/0',
    ],
    ['of a link', inResult({ type: 'resource_link', uri: address, name: 'plan' }), '/result/content/0/uri'],
    ['with parameters', inResult({ type: 'text', text: address.replace(';', ';charset=x;') }), '/result/content/0/text'],
    ['before other lines', inResult({ type: 'text', text: `${address}\nnext line\t"x"` }), '/result/content/0/text'],
  ])('%s', ([, message, path]) => {
    const { text, got, sent, media } = mask(none, message)
    expect(got).toBe(sent)
    expect(text.replaceAll(said, address)).toBe(sent.replace(';charset=x', ''))
    expect(text).not.toContain(png.slice(-40))
    expect(media).toMatchObject([{ path, kind: 'image', bytes: pixels.length, sha256 }])
    expect(JSON.parse(text)).toBeTypeOf('object')
    const dropped = mask(load('media: [image]'), message)
    expect(dropped.got).toContain('[DROPPED:image]')
    expect(dropped.got).not.toContain(png.slice(-40))
    expect(dropped.masks).toEqual([{ rule: 'r0', kind: 'image', path: path.replaceAll(/\/\d+/g, '/*'), count: 1 }])
  })

  test('with escaped slashes', () => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: address }] } }).replaceAll('/', '\\/')
    const masked = maskRpc(none, text, { connection: 'db' }, JSON.parse(text) as object)
    expect(masked.media).toMatchObject([{ bytes: pixels.length, sha256 }])
    expect(masked.delivered).toBe(text)
  })

  test('of text is text, and in a list of tools or an argument it stays', () => {
    const plain = mask(drop, inResult({ type: 'text', text: `data:text/plain;base64,${Buffer.from('hello there').toString('base64')}` }))
    const tools = mask(drop, { result: { tools: [{ name: 'a', icons: [{ src: address }] }] } })
    const argument = mask(drop, { method: 'tools/call', params: { name: 'a', arguments: { address } } }, { fromClient: true })
    for (const { text, got, sent } of [plain, tools, argument]) expect([text, got]).toEqual([sent, sent])
  })
})

test('of very many pieces the first are named and the rest counted', () => {
  const { media, mediaMore, text } = mask(none, inResult(...Array.from({ length: 600 }, () => image)))
  expect([media?.length, mediaMore]).toEqual([500, 100])
  expect(text).not.toContain(png)
})

test('of millions of characters, too', { timeout: 60_000 }, () => {
  const data = Buffer.alloc(8_000_000, 0xfe).toString('base64')
  const { media, text } = mask(none, inResult({ ...image, data }, { type: 'text', text: `data:image/png;base64,${data}` }))
  expect(media).toMatchObject([{ bytes: 8_000_000 }, { bytes: 8_000_000 }])
  expect(text.length).toBeLessThan(1000)
})
