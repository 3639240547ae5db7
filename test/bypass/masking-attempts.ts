const base64 = (text: string): string => Buffer.from(text).toString('base64')
const inText = (text: string): object => ({ content: [{ type: 'text', text }] })

const card = '4111111111111111'
const iban = 'DE89370400440532013000'
const key = 'AKIAIOSFODNN7EXAMPLE'

/** A result, and what of it must not be left, in whatever form. */
export const maskingAttempts: [name: string, result: unknown, raw: string][] = [
  ['a card', inText(card), card],
  ['a card with spaces', inText('4111 1111 1111 1111'), '4111 1111 1111 1111'],
  ['a card with hyphens', inText('4111-1111-1111-1111'), '4111-1111-1111-1111'],
  ['a card with no-break spaces', inText('4111\u00a01111\u00a01111\u00a01111'), '4111\u00a01111'],
  ['a card in full-width digits', inText('４１１１１１１１１１１１１１１１'), '４１１１１１１１１１１１１１１１'],
  ['a card in Arabic digits', inText('٤١١١١١١١١١١١١١١١'), '٤١١١١١١١١١١١١١١١'],
  ['a card with zero-width spaces', inText('4111\u200b1111\u200b1111\u200b1111'), '4111\u200b1111\u200b1111\u200b1111'],
  ['a card with soft hyphens', inText('4111\u00ad1111\u00ad1111\u00ad1111'), '1111\u00ad1111\u00ad1111'],
  ['a card as a number', { structuredContent: { card: 4111111111111111 } }, card],
  ['a card as a name', { structuredContent: { [card]: true } }, card],
  ['a card in words', inText(`the card ${card} expires`), card],
  ['a card in JSON in a text', inText(JSON.stringify({ rows: [{ pan: card }] })), card],
  ['a card in JSON in JSON in a text', inText(JSON.stringify({ a: JSON.stringify({ b: card }) })), card],
  ['a card in JSON lines', inText(`{"pan":"${card}"}\n{"pan":"${card}"}`), card],
  ['a card in CSV', inText(`name,pan\nAda,${card}\n`), card],
  ['a card in XML', inText(`<pan>${card}</pan>`), card],
  ['a card in Markdown', inText(`| pan | **${card}** |`), card],
  ['a card in base64', inText(base64(`pan=${card}`)), base64(`pan=${card}`)],
  ['a card in percent escapes', inText(`pan=%34111111111111111`), '%34111111111111111'],
  ['a card with JSON escapes', JSON.parse('{"content":[{"type":"text","text":"\\u0034111111111111111"}]}'), card],
  ['a card in an embedded resource', { content: [{ type: 'resource', resource: { uri: 'x:y', text: card } }] }, card],
  [
    'a card in a blob of text',
    { content: [{ type: 'resource', resource: { uri: 'x:y', mimeType: 'text/plain', blob: base64(card) } }] },
    base64(card),
  ],
  ['a card in a resource’s address', { content: [{ type: 'resource_link', uri: `db://cards/${card}`, name: 'x' }] }, card],
  ['a card in a description', { content: [{ type: 'resource_link', uri: 'x:y', name: 'x', description: card }] }, card],
  ['a card in _meta', { _meta: { 'x/y': card }, content: [] }, card],
  ['a card in an error’s data', { isError: true, content: [{ type: 'text', text: `no such card ${card}` }] }, card],
  ['an IBAN', inText(iban), iban],
  ['an IBAN with spaces', inText('DE89 3704 0044 0532 0130 00'), 'DE89 3704 0044 0532 0130 00'],
  ['an IBAN in small letters', inText(iban.toLowerCase()), iban.toLowerCase()],
  ['an IBAN in full-width letters', inText('ＤＥ８９３７０４００４４０５３２０１３０００'), 'ＤＥ８９３７０４００４４０５３２０１３０００'],
  ['an address of mail', inText('ada.lovelace@example.com'), 'ada.lovelace@example.com'],
  ['an address of mail in a link', inText('<a href="mailto:ada@example.com">'), 'ada@example.com'],
  ['an address of mail with a plus', inText('ada+tag@example.co.uk'), 'ada+tag@example.co.uk'],
  ['an address of mail in full-width letters', inText('ａda＠example．com'), 'ａda＠example．com'],
  ['an address of mail in percent escapes', inText('ada%40example.com'), 'ada%40example.com'],
  ['an address of mail as a name', { structuredContent: { 'ada@example.com': 1 } }, 'ada@example.com'],
  ['a social security number', inText('SSN 536-22-1234'), '536-22-1234'],
  ['an address of the network', inText('from 203.0.113.77 at noon'), '203.0.113.77'],
  ['an IPv6 address', inText('from 2001:db8::8a2e:370:7334 at noon'), '2001:db8::8a2e:370:7334'],
  ['a phone number', inText('call +41 44 668 18 00'), '+41 44 668 18 00'],
  ['a key of a cloud', inText(`aws ${key}`), key],
  ['a key of a cloud in base64', inText(base64(`aws_access_key_id = ${key}\n`)), base64(`aws_access_key_id = ${key}\n`)],
  [
    'a private key',
    inText(`-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQ'.repeat(4)}\n-----END PRIVATE KEY-----`),
    'MIIEvQIBADANBgkqhkiG9w0BAQ',
  ],
  ['a connection string', inText('postgres://app:s3cr3t-pa55@db.internal/customers'), 's3cr3t-pa55'],
  [
    'a JWT',
    inText('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'),
    'dozjgNryP4J3jVmNHl0w5N',
  ],
  ['a field by its name', { structuredContent: { full_name: 'Ada Lovelace' } }, 'Ada Lovelace'],
  ['a field in another spelling', { structuredContent: { 'Full-Name': 'Ada Lovelace' } }, 'Ada Lovelace'],
  ['a field in camel case', { structuredContent: { fullName: 'Ada Lovelace' } }, 'Ada Lovelace'],
  ['a field in JSON in a text', inText('{"rows":[{"FULL_NAME":"Ada Lovelace"}]}'), 'Ada Lovelace'],
  ['a field that is an object', { structuredContent: { full_name: { first: 'Ada', last: 'Lovelace' } } }, 'Lovelace'],
  ['a field that is a list', { structuredContent: { full_name: ['Ada', 'Lovelace'] } }, 'Lovelace'],
  ['a field whose name is escaped', JSON.parse('{"structuredContent":{"full\\u005fname":"Ada Lovelace"}}'), 'Ada Lovelace'],
]

/** What masking does not find, and why. */
export const uncaughtValues: [name: string, result: unknown, raw: string, why: string][] = [
  [
    'a card over two text blocks',
    {
      content: [
        { type: 'text', text: '41111111' },
        { type: 'text', text: '11111111' },
      ],
    },
    '41111111',
    'each string is searched for itself; name the fields, or deny the query',
  ],
  [
    'a card written backwards',
    inText('1111111111111114'),
    '1111111111111114',
    'only the spellings that readers and programs take for the value are known',
  ],
  [
    'a card in words of a language',
    inText('four one one one one one one one one one one one one one one one'),
    'four one one one',
    'words are no digits',
  ],
  [
    'a card in hexadecimal',
    inText(Buffer.from(card).toString('hex')),
    Buffer.from(card).toString('hex'),
    'one level of URL or base64 encoding is undone, and no other code',
  ],
  ['a card in base64 of base64', inText(base64(base64(`pan=${card}`))), base64(base64(`pan=${card}`)), 'one level of encoding is undone'],
  [
    'a card in a picture',
    { content: [{ type: 'image', mimeType: 'image/png', data: base64('\u0089PNG not really') }] },
    base64('\u0089PNG not really'),
    'pictures and sound are not read',
  ],
  [
    'a field behind another name',
    { structuredContent: { n: 'Ada Lovelace' } },
    'Ada Lovelace',
    'an alias in the query gives the column a name that no rule knows (SELECT full_name AS n)',
  ],
]
