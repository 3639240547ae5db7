/** The policy and masking documents, as people write them in YAML. Unknown keys are refused. */
import { z } from 'zod'
import { role, sqlDialect } from './model.ts'
import { section } from './section.ts'

/** `90s`, `15m`, `1h`; at most a week. */
export const duration = z.string().regex(/^[1-9]\d{0,5}[smh]$/, 'a number with s, m or h, such as 15m')

const identifier = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens')
/** `*` stands for any run of characters. */
const pattern = z.string().min(1).max(200)

const reviewGroups = z.array(z.string().min(1)).min(1)
const reviewApprovals = z.number().int().min(1).max(10).default(1)

export const reviewTerms = section({
  /** who may approve, and how many of them have to: as many different people */
  groups: reviewGroups.optional(),
  approvals: reviewApprovals,
  /** instead of those two, where several groups each have to approve; no one counts for two of them */
  each: z
    .array(section({ groups: reviewGroups, approvals: reviewApprovals }))
    .min(2)
    .max(5)
    .optional(),
  /** groups whose denial ends the request, whoever approves; without it any denial does */
  veto: reviewGroups.optional(),
  /** who approves signs in anew for it; `acr` is one of the ways in which the identity provider may have known them */
  stepUp: z
    .union([
      z.boolean(),
      section({
        maxAge: duration.default('5m'),
        acr: z
          .array(z.string().regex(/^[\x21-\x7e]{1,200}$/, 'one word'))
          .min(1)
          .max(10)
          .optional(),
      }),
    ])
    .default(false),
  decideWithin: duration.default('15m'),
  runWithin: duration.default('5m'),
  reasonRequired: z.boolean().default(true),
})
  .refine(({ groups, each }) => (groups === undefined) !== (each === undefined), 'either groups or each is needed')
  .refine(({ each, approvals }) => each === undefined || approvals === 1, {
    path: ['approvals'],
    message: 'with each, the number stands with each of them',
  })

export const detectorName = z.enum(['card', 'iban', 'email', 'ssn', 'phone', 'ip', 'secret', 'national-id'])

/** From the mildest to the strictest: partial, tag, mask, drop, block. */
const maskAction = z.enum(['mask', 'partial', 'tag', 'drop', 'block'])

const secretInPart = 'a secret cannot be masked in part: what is left would make it easier to guess'

/** What a rule with effect mask masks in the answers of the calls that it is about, beside what the masking document masks there. */
export const policyMask = section({
  /** rules of the masking document, by their ids, whatever connections and tools they are about; with their own actions */
  rules: z.array(identifier).min(1).max(100).optional(),
  /** find values by their shape and checksum, in every string */
  detect: z.array(detectorName).min(1).optional(),
  /** mask whole values by the name of their field, at any depth; compared without case, `_` and `-` */
  fields: z.array(z.string().min(1).max(200)).min(1).max(500).optional(),
  /** what is done to a value of `detect` and `fields`; mask if it is left out */
  action: maskAction.optional(),
})
  .refine(({ action, detect }) => action !== 'partial' || !detect?.includes('secret'), { message: secretInPart, path: ['action'] })
  .refine(({ action, rules }) => action === undefined || rules === undefined, {
    message: 'a rule of the masking document has an action of its own',
    path: ['action'],
  })
  .refine(({ rules, detect, fields }) => [rules, detect, fields].filter((kind) => kind !== undefined).length === 1, {
    message: 'a mask has exactly one of rules, detect and fields',
    path: ['rules'],
  })
export type PolicyMask = z.infer<typeof policyMask>

export const policyRule = section({
  id: identifier,
  owner: z.string().optional(),
  match: section({
    connections: z.array(pattern).min(1).default(['*']),
    /** JSON-RPC methods; a rule is about tool calls unless it says otherwise */
    methods: z.array(pattern).min(1).default(['tools/call']),
    tools: z.array(pattern).min(1).default(['*']),
  }),
  /** CEL over `args`, `user`, `connection`, `method`, `tool`, `server` and the functions `sql(text)`, `path(text)` and `url(text)` */
  when: z.string().max(4000).optional(),
  /** mask allows, and masks in the answer what `mask` names; also where another rule holds the call */
  effect: z.enum(['allow', 'mask', 'review', 'deny']),
  mask: z.array(policyMask).min(1).max(50).optional(),
  review: reviewTerms.optional(),
  because: z.string().min(3).max(500),
})
  .refine((rule) => (rule.effect === 'review') === (rule.review !== undefined), {
    message: 'a rule with effect review needs review terms, and no other rule has them',
    path: ['review'],
  })
  .refine((rule) => (rule.effect === 'mask') === (rule.mask !== undefined), {
    message: 'a rule with effect mask says in mask what it masks, and no other rule does',
    path: ['mask'],
  })

/** A message and what the policy has to say about it. A document whose examples do not hold is not activated. */
export const policyExample = section({
  name: z.string().max(200).optional(),
  connection: z.string().min(1),
  server: z.string().default('server'),
  method: z.string().default('tools/call'),
  tool: z.string().optional(),
  dialect: sqlDialect.optional(),
  /** `params.arguments` of a tool call, `params` of every other method */
  args: z.json().optional(),
  user: section({
    sub: z.string().default('someone'),
    name: z.string().default('Someone'),
    email: z.string().optional(),
    groups: z.array(z.string()).default([]),
    roles: z.array(role).default(['operator']),
  }).prefault({}),
  expect: z.enum(['allow', 'mask', 'review', 'deny']),
  /** the id of the rule that has to decide; `default` if none may */
  rule: z.string().optional(),
})

/** Precedence: deny > review > mask > allow > default deny; order in the file does not matter. */
export const policyDocument = section({
  version: z.literal(1),
  name: z.string().max(120).optional(),
  rules: z.array(policyRule).max(2000),
  examples: z.array(policyExample).max(2000).default([]),
})
export type PolicyExample = z.infer<typeof policyExample>
export type PolicyDocument = z.infer<typeof policyDocument>
export type PolicyRule = z.infer<typeof policyRule>
export type ReviewTerms = z.infer<typeof reviewTerms>

export const maskingRule = section({
  id: identifier,
  owner: z.string().optional(),
  match: section({ connections: z.array(pattern).min(1).default(['*']), tools: z.array(pattern).min(1).default(['*']) }).default({
    connections: ['*'],
    tools: ['*'],
  }),
  /** find values by their shape and checksum, in every string */
  detect: z.array(detectorName).min(1).optional(),
  /** mask whole values by the name of their field, at any depth; compared without case, `_` and `-` */
  fields: z.array(z.string().min(1)).min(1).optional(),
  /** find what a regular expression of RE2 finds; compiled when the document is loaded */
  pattern: z.string().min(1).max(1000).optional(),
  /** find whole words and phrases, whatever their case */
  words: z
    .array(
      z
        .string()
        .max(200)
        .regex(/^[\p{L}\p{N}](?:.*[\p{L}\p{N}])?$/u, 'words begin and end with a letter or a digit'),
    )
    .min(1)
    .max(1000)
    .optional(),
  /** what is done to a value; where two rules hit the same one, the strictest: block > drop > mask > tag > partial */
  action: maskAction.default('mask'),
  /** people to whom values are delivered as they are, if they are in one of the groups; the recording is masked all the same */
  exempt: section({ groups: z.array(z.string().min(1).max(200)).min(1).max(100), because: z.string().min(3).max(500) }).optional(),
  because: z.string().min(3).max(500),
})
  .refine((rule) => rule.action !== 'partial' || !rule.detect?.includes('secret'), {
    message: secretInPart,
    path: ['action'],
  })
  .refine((rule) => rule.action !== 'partial' || rule.words === undefined, {
    message: 'words cannot be masked in part: what is left would tell which word it is',
    path: ['action'],
  })
  .refine((rule) => [rule.detect, rule.fields, rule.pattern, rule.words].filter((kind) => kind !== undefined).length === 1, {
    message: 'a rule has exactly one of detect, fields, pattern and words',
    path: ['detect'],
  })

export const maskingDocument = section({
  version: z.literal(1),
  name: z.string().max(120).optional(),
  rules: z.array(maskingRule).max(500),
})
export type MaskingRule = z.infer<typeof maskingRule>
