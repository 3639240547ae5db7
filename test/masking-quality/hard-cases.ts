import type { Leaf } from './generate.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const leaf = (field: string, text: string, ...planted: [Leaf['planted'][number]['detector'], string][]): Leaf => ({
  field,
  text,
  planted: planted.map(([detector, value]) => ({ detector, value })),
})

const accessKey = ['AK', 'IAIOSFODNN7EXAMPLE'].join('')

/** Written by hand: values in the middle of things, hidden, or beside what looks like them. */
export const hardCases: Leaf[] = [
  leaf('note', 'card=4111111111111111&exp=12/29', ['card', '4111111111111111']),
  leaf('note', 'row 7: 5500-0000-0000-0004, 12 items', ['card', '5500-0000-0000-0004']),
  leaf('note', '4111\u200b1111\u200b1111\u200b1111', ['card', '4111\u200b1111\u200b1111\u200b1111']),
  leaf('note', '４１１１１１１１１１１１１１１１', ['card', '４１１１１１１１１１１１１１１１']),
  leaf('note', 'pay to de89 3704 0044 0532 0130 00 today', ['iban', 'de89 3704 0044 0532 0130 00']),
  leaf('note', 'DE88 3704 0044 0532 0130 00 has wrong check digits'),
  leaf('url', 'https://x.example/?mail=ada%40acme.example&x=1', ['email', 'ada%40acme.example']),
  leaf('raw', `see ${base64('contact: ada@acme.example please')}`, ['email', base64('contact: ada@acme.example please')]),
  leaf('raw', `see ${base64('nothing to be found in this text')}`),
  leaf('mail', '"Ada, L." <ada@acme.example>', ['email', 'ada@acme.example']),
  leaf('git', 'git clone git@github.example:org/repo.git', ['email', 'git@github.example']),
  leaf('note', 'SSN:123-45-6789;', ['ssn', '123-45-6789']),
  leaf('note', '123–45–6789', ['ssn', '123–45–6789']),
  leaf('note', 'part 1123-45-6789 and 123-45-67890 and 900-12-3456'),
  leaf('log', 'Failed password for root from 203.0.113.9 port 22 ssh2', ['ip', '203.0.113.9']),
  leaf('log', 'connect to [2001:db8::1]:443 refused', ['ip', '2001:db8::1']),
  leaf('log', 'X-Forwarded-For: 198.51.100.17, 10.0.0.1', ['ip', '198.51.100.17'], ['ip', '10.0.0.1']),
  leaf('env', 'DATABASE_URL=postgres://app:S3cr3tPw@db:5432/x', ['secret', 'S3cr3tPw']),
  leaf('env', 'Server=db1;User Id=app;Password=S3cr3t!Pw;', ['secret', 'S3cr3t!Pw']),
  leaf('header', 'authorization: bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a0', ['secret', '9f8e7d6c5b4a39281706f5e4d3c2b1a0']),
  leaf(
    'aws',
    `key ${accessKey} secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`,
    ['secret', accessKey],
    ['secret', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ),
  leaf('SecretAccessKey', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', ['secret', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY']),
  leaf('commit', 'AKIA is a prefix; commit da39a3ee5e6b4b0d3255bfef95601890afd80709'),
  leaf('contact', 'ring +49 (0) 30 901820, or mail', ['phone', '+49 (0) 30 901820']),
  leaf('contact', 'ring tel:+1-415-555-2671', ['phone', '+1-415-555-2671']),
  leaf('contact', 'room 415-555, building 2671'),
]
