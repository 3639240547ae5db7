/** The policy and masking documents, as people write them in YAML. Unknown keys are refused. */
import { z } from 'zod'
import { mediaKind, role, sqlDialect } from './model.ts'
import { section } from './section.ts'

/** `90s`, `15m`, `1h`; at most a week. */
export const duration = z.string().regex(/^[1-9]\d{0,5}[smh]$/, 'a number with s, m or h, such as 15m')

const identifier = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens')
/** `*` stands for any run of characters. */
const pattern = z.string().min(1).max(200)

const reviewGroups = z.array(z.string().min(1)).min(1)
const reviewApprovals = z.number().int().min(1).max(10).default(1)

export const reviewTerms = section({
  groups: reviewGroups.optional().describe('A member of any of these groups may approve.'),
  approvals: reviewApprovals.describe('How many different people have to approve.'),
  each: z
    .array(section({ groups: reviewGroups, approvals: reviewApprovals }))
    .min(2)
    .max(5)
    .optional()
    .describe('Instead of groups and approvals: several groups each have to approve; no one counts for two of them.'),
  veto: reviewGroups.optional().describe('Groups whose denial ends the request, whoever approves; without it any denial does.'),
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
    .default(false)
    .describe('Who approves signs in anew for it; acr names the ways in which the identity provider may have known them.'),
  decideWithin: duration.default('15m').describe('When nobody has decided by then, the call is refused.'),
  runWithin: duration.default('5m').describe('How long an approval counts.'),
  reasonRequired: z.boolean().default(true).describe('Whether who decides has to say why.'),
})
  .refine(({ groups, each }) => (groups === undefined) !== (each === undefined), 'either groups or each is needed')
  .refine(({ each, approvals }) => each === undefined || approvals === 1, {
    path: ['approvals'],
    message: 'with each, the number stands with each of them',
  })

export const detectorName = z.enum(['card', 'iban', 'email', 'ssn', 'phone', 'ip', 'secret', 'national-id'])

/** From the mildest to the strictest: partial, tag, mask, drop, block. */
const maskAction = z.enum(['mask', 'partial', 'tag', 'drop', 'block'])

/** What editors show of keys that stand in both documents. */
const said = {
  owner: 'Who to ask about the rule.',
  because: 'A sentence for the people whom the rule concerns: they read it.',
  connections: 'Names of connections; * stands for any run of characters.',
  tools: 'Names of tools; * stands for any run of characters.',
  detect: 'Find values by their shape and checksum, in every string.',
  fields: 'Mask whole values by the name of their field, at any depth; compared without case, _ and -.',
  media:
    'Leave out what is no text: images, audio, other files, and content of a type that MCP does not have. A text that says so stands in its place.',
}

const mediaInPart = 'content that is no text is left out or blocks the message: there is nothing to show of it in part'
const isPartial = (action: string | undefined): boolean => action === 'partial' || action === 'tag'
const media = z.array(mediaKind).min(1).max(mediaKind.options.length)

const secretInPart = 'a secret cannot be masked in part: what is left would make it easier to guess'

/** What a rule with effect mask masks in the answers of the calls that it is about, beside what the masking document masks there. */
export const policyMask = section({
  rules: z
    .array(identifier)
    .min(1)
    .max(100)
    .optional()
    .describe('Rules of the masking document, by their ids, whatever connections and tools they are about; with their own actions.'),
  detect: z.array(detectorName).min(1).optional().describe(said.detect),
  fields: z.array(z.string().min(1).max(200)).min(1).max(500).optional().describe(said.fields),
  media: media.optional().describe(said.media),
  action: maskAction.optional().describe('What is done to a value of detect and fields; mask if it is left out.'),
})
  .refine((mask) => mask.media === undefined || !isPartial(mask.action), { message: mediaInPart, path: ['action'] })
  .refine(({ action, detect }) => action !== 'partial' || !detect?.includes('secret'), { message: secretInPart, path: ['action'] })
  .refine(({ action, rules }) => action === undefined || rules === undefined, {
    message: 'a rule of the masking document has an action of its own',
    path: ['action'],
  })
  .refine((mask) => [mask.rules, mask.detect, mask.fields, mask.media].filter((kind) => kind !== undefined).length === 1, {
    message: 'a mask has exactly one of rules, detect, fields and media',
    path: ['rules'],
  })
export type PolicyMask = z.infer<typeof policyMask>

export const policyRule = section({
  id: identifier.describe('Names the rule in decisions, recordings and the log.'),
  owner: z.string().optional().describe(said.owner),
  match: section({
    connections: z.array(pattern).min(1).default(['*']).describe(said.connections),
    methods: z
      .array(pattern)
      .min(1)
      .default(['tools/call'])
      .describe('JSON-RPC methods; a rule is about tool calls unless it says otherwise.'),
    tools: z.array(pattern).min(1).default(['*']).describe(said.tools),
  }).describe('Which messages the rule is about. What is left out is everything, but for methods.'),
  when: z
    .string()
    .max(4000)
    .optional()
    .describe(
      'A condition in CEL over args, user, connection, method, tool, server and the functions sql(text), path(text) and url(text). One that fails denies.',
    ),
  effect: z
    .enum(['allow', 'mask', 'review', 'deny'])
    .describe(
      'Deny goes before review, review before mask, mask before allow. mask allows, and masks in the answer what mask names; also where another rule holds the call.',
    ),
  mask: z
    .array(policyMask)
    .min(1)
    .max(50)
    .optional()
    .describe('With effect mask: what is masked in the answers, beside what the masking document masks there.'),
  review: reviewTerms.optional().describe('With effect review: who approves, and within which times.'),
  because: z.string().min(3).max(500).describe(said.because),
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
  connection: z.string().min(1).describe('The connection on which the message is sent.'),
  server: z.string().default('server'),
  method: z.string().default('tools/call'),
  tool: z.string().optional(),
  dialect: sqlDialect.optional(),
  args: z.json().optional().describe('Arguments of a tool call, parameters of every other method.'),
  user: section({
    sub: z.string().default('someone'),
    name: z.string().default('Someone'),
    email: z.string().optional(),
    groups: z.array(z.string()).default([]),
    roles: z.array(role).default(['operator']),
  }).prefault({}),
  expect: z.enum(['allow', 'mask', 'review', 'deny']).describe('What the policy has to say; else it is not activated.'),
  rule: z.string().optional().describe('The id of the rule that has to decide; default if none may.'),
})

/** Precedence: deny > review > mask > allow > default deny; order in the file does not matter. */
export const policyDocument = section({
  version: z.literal(1),
  name: z.string().max(120).optional(),
  rules: z.array(policyRule).max(2000).describe('What no rule allows is denied; the order does not matter.'),
  examples: z.array(policyExample).max(2000).default([]).describe('Messages and what the policy has to say about them.'),
})
export type PolicyExample = z.infer<typeof policyExample>
export type PolicyDocument = z.infer<typeof policyDocument>
export type PolicyRule = z.infer<typeof policyRule>
export type ReviewTerms = z.infer<typeof reviewTerms>

export const maskingRule = section({
  id: identifier.describe('Names the rule in recordings.'),
  owner: z.string().optional().describe(said.owner),
  match: section({
    connections: z.array(pattern).min(1).default(['*']).describe(said.connections),
    tools: z.array(pattern).min(1).default(['*']).describe(said.tools),
  })
    .default({ connections: ['*'], tools: ['*'] })
    .describe('Which messages the rule is about; everything if it is left out.'),
  detect: z.array(detectorName).min(1).optional().describe(said.detect),
  fields: z.array(z.string().min(1)).min(1).optional().describe(said.fields),
  pattern: z.string().min(1).max(1000).optional().describe('Find what a regular expression of RE2 finds.'),
  words: z
    .array(
      z
        .string()
        .max(200)
        .regex(/^[\p{L}\p{N}](?:.*[\p{L}\p{N}])?$/u, 'words begin and end with a letter or a digit'),
    )
    .min(1)
    .max(1000)
    .optional()
    .describe('Find whole words and phrases, whatever their case.'),
  media: media.optional().describe(said.media),
  except: section({
    connections: z.array(pattern).min(1).default(['*']).describe(said.connections),
    tools: z.array(pattern).min(1).default(['*']).describe(said.tools),
  })
    .optional()
    .describe('With media: where it is allowed all the same. Both have to match.'),
  action: maskAction
    .default('mask')
    .describe(
      'What is done to a value. Where two rules hit the same one, the strictest: block, drop, mask, tag, partial. With media, mask and drop are the same.',
    ),
  exempt: section({ groups: z.array(z.string().min(1).max(200)).min(1).max(100), because: z.string().min(3).max(500) })
    .optional()
    .describe('Groups to whose people values are delivered as they are; the recording is masked all the same.'),
  because: z.string().min(3).max(500).describe(said.because),
})
  .refine((rule) => rule.action !== 'partial' || !rule.detect?.includes('secret'), {
    message: secretInPart,
    path: ['action'],
  })
  .refine((rule) => rule.action !== 'partial' || rule.words === undefined, {
    message: 'words cannot be masked in part: what is left would tell which word it is',
    path: ['action'],
  })
  .refine((rule) => rule.media === undefined || !isPartial(rule.action), { message: mediaInPart, path: ['action'] })
  .refine((rule) => rule.except === undefined || rule.media !== undefined, {
    message: 'only a rule with media has exceptions',
    path: ['except'],
  })
  .refine((rule) => [rule.detect, rule.fields, rule.pattern, rule.words, rule.media].filter((kind) => kind !== undefined).length === 1, {
    message: 'a rule has exactly one of detect, fields, pattern, words and media',
    path: ['detect'],
  })

export const maskingDocument = section({
  version: z.literal(1),
  name: z.string().max(120).optional(),
  rules: z.array(maskingRule).max(500),
})
export type MaskingRule = z.infer<typeof maskingRule>
