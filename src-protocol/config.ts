/** Configuration files of gateway and agent (YAML). Unknown keys are refused with their path. */
import { z } from 'zod'
import { connectionName } from './ids.ts'
import { sqlDialect } from './model.ts'
import { activationApprovals } from './policy-proposal.ts'
import { releaseApprovals, retentionConfig } from './retention.ts'
import { section } from './section.ts'

/** A secret is never written into a file: `env:NAME` or `file:/path`. */
export const secretReference = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'a reference such as env:NAME or file:/run/secrets/name')

/** What the tunnel, the agent and a recording's line can hold. */
export const largestMessageBytes = 64 * 1024 * 1024

export const gatewayConfig = section({
  listen: section({ host: z.string().default('127.0.0.1'), port: z.number().int().min(0).max(65535).default(7420) }),
  /** how desktops, agents and browsers reach this gateway; https, or http on loopback only */
  publicUrl: z.url(),
  /** state database and keys */
  data: z.string(),
  /** recordings and the Merkle log: folders of their own, apart from `data` */
  recordings: z.string(),
  log: section({
    folder: z.string(),
    origin: z.string().regex(/^[^\s+]+$/, 'no spaces, no plus sign'),
    /** how often an entry says that the gateway runs, so that an auditor sees when it did not */
    heartbeatMinutes: z.number().positive().max(1440).default(10),
    /** who cosigns the log's checkpoints (`gatehouse witness`, or any other by c2sp.org/tlog-witness), and is no part of this gateway */
    witnesses: z
      .array(section({ url: z.url({ protocol: /^https?$/ }), key: z.string() }))
      .max(16)
      .default([]),
    /** how long after a change of the log they are asked */
    witnessSeconds: z.number().positive().max(3600).default(10),
    /**
     * what anybody can read of the log under `/log/`, without signing in (c2sp.org/tlog-tiles): the signed checkpoint, with `tree` the hashes too,
     * with `entries` everything. Entries name people, connections and what was asked for; a hash tells whether a guess at an entry is right
     */
    publish: z.enum(['nothing', 'checkpoint', 'tree', 'entries']).default('nothing'),
  }),
  identityProvider: section({
    issuer: z.url(),
    clientId: z.string(),
    clientSecret: secretReference,
    groupsClaim: z.string().default('groups'),
    scopes: z.array(z.string()).default(['openid', 'profile', 'email', 'groups']),
    /** what is asked of the provider at each sign-in; `provider` leaves it to its single sign-on */
    prompt: z.enum(['login', 'select_account', 'provider']).default('login'),
  }),
  /** which groups have which role */
  roles: section({
    operator: z.array(z.string()).default([]),
    reviewer: z.array(z.string()).default([]),
    auditor: z.array(z.string()).default([]),
    administrator: z.array(z.string()).min(1),
  }),
  /** read at start and whenever the file changes; a file with an error leaves the version in force */
  policy: z.string(),
  masking: z.string(),
  /** how many administrators it takes to put a policy or masking version in force: with 2, one proposes it and another one activates it */
  activation: section({ approvals: activationApprovals.default(1) }).prefault({}),
  /** what becomes of recordings once their session is over */
  archive: section({
    /** store them compressed (zstd); `none` leaves them as they were written */
    compression: z.enum(['zstd', 'none']).default('zstd'),
    /** stored recordings are held against the log all the time, at most so fast */
    scanMegabytesPerSecond: z.number().positive().max(1000).default(4),
    /** from the end of one pass over all of them to the next */
    scanEveryHours: z.number().positive().max(8760).default(24),
    /** with less room on the disk of the recordings or of the log, no new session is started; a warning comes with four times as much */
    minimumFreeMegabytes: z.number().nonnegative().default(512),
    /** when finished recordings are removed; without it they are kept for good */
    retention: retentionConfig.optional(),
    /** what keeps recordings beyond that, at the word of an administrator: with 2, another one has to agree to a release */
    holds: section({ releaseApprovals: releaseApprovals.default(1) }).prefault({}),
    /** a second folder, on another disk, that gets a copy of the log and of every finished recording, and nothing else */
    copy: section({
      folder: z.string(),
      /** how long after a change it is brought up to date */
      afterSeconds: z.number().positive().max(86_400).default(60),
      /** an alarm is raised when the copy is behind for so long */
      alarmMinutes: z.number().positive().max(10_080).default(60),
    }).optional(),
  }).prefault({}),
  limits: section({
    /** bytes of one message from a client */
    requestBytes: z
      .number()
      .int()
      .positive()
      .max(largestMessageBytes)
      .default(16 * 1024 * 1024),
    /** bytes of one message from a server; above it the message is withheld */
    responseBytes: z.number().int().positive().max(largestMessageBytes).default(largestMessageBytes),
    /** how long a held call keeps its client waiting before it is told to repeat; at most 50 for a client that did not ask for progress */
    holdSeconds: z.number().int().positive().default(200),
    /** the same for some clients, by the name that they give themselves (`*` stands for anything); the first that fits counts, before what is known of them */
    holds: z
      .array(
        section({
          client: z.string().min(1).max(120),
          seconds: z.number().positive().max(86_400),
          /** for a client whose patience each sign of progress renews */
          secondsWithProgress: z.number().positive().max(86_400).optional(),
        }),
      )
      .max(100)
      .default([]),
    /** how often a client whose call is held gets a sign of life */
    holdBeatSeconds: z.number().positive().max(60).default(10),
    /**
     * how long a desktop or an agent may be away before its sessions end, the gateway's own restart included; 0: sessions end with the
     * gateway
     */
    graceSeconds: z.number().int().nonnegative().default(30),
    /** a session that nobody uses for so long ends: no stream is open, a listening one included, and no message comes or goes; 0: never */
    idleMinutes: z.number().nonnegative().default(30),
    /** sessions that run at once, for one sign-in and for all */
    sessionsPerSignIn: z.number().int().positive().default(20),
    sessions: z.number().int().positive().default(10_000),
    /** requests for approval by one person within ten minutes, and by one person for the very same call */
    approvalRequests: z.number().int().positive().default(60),
    sameApprovalRequests: z.number().int().positive().default(5),
    /** how often the roots of running recordings go into the log: what can be cut off unseen is at most what came since */
    checkpointSeconds: z.number().int().positive().default(30),
  }).prefault({}),
})
export type GatewayConfig = z.infer<typeof gatewayConfig>

const serverFields = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  title: z.string(),
  description: z.string().optional(),
}

/** A program that the agent starts for each client and talks to over standard input and output. */
const stdioServer = section({
  ...serverFields,
  command: z.array(z.string()).min(1),
  cwd: z.string().optional(),
  /** plain values, or secret references, resolved when the server starts; nothing else of the agent's environment is passed on but PATH, HOME, LANG, TMPDIR */
  env: z.record(z.string(), z.string()).default({}),
  startSeconds: z.number().positive().default(30),
  /**
   * What follows when the last process stops by itself. `never`: the session ends. `on-initialize`: the session stays, and the next
   * client that initializes finds a new process; after five stops in a row the session ends.
   */
  restart: z.enum(['never', 'on-initialize']).default('never'),
})

/** Header names that the exchange itself, HTTP or `bearer` governs. */
const governedHeader =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|accept|accept-encoding|last-event-id|mcp-.*|authorization)$/i

/** An address that a credential is sent to. */
const credentialUrl = z
  .url({ protocol: /^https?$/, error: 'an address such as https://mcp.example/mcp' })
  .refine(
    (url) => !URL.canParse(url) || /^https:|^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?:[:/]|$)/.test(new URL(url).href),
    'plain http is accepted on this computer only: use https',
  )
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'no user and password: name the credential in bearer or headers')

/** The agent's own account at an authorization server (OAuth 2.0 client credentials, RFC 6749 4.4). */
const oauth = section({
  /** its metadata say where tokens are (RFC 8414, OpenID Connect Discovery) */
  issuer: credentialUrl.optional(),
  /** where tokens are, for an authorization server without metadata */
  tokenUrl: credentialUrl.optional(),
  clientId: z.string().min(1),
  clientSecret: secretReference.optional(),
  /** how the secret is sent */
  authentication: z.enum(['client_secret_basic', 'client_secret_post']).optional(),
  /** PEM (PKCS #8): a signed assertion takes the place of the secret (`private_key_jwt`, RFC 7523) */
  privateKey: secretReference.optional(),
  /** how the authorization server knows the key */
  keyId: z.string().min(1).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope has no spaces')).default([]),
  audience: z.string().min(1).optional(),
  /** for which server the token shall be (RFC 8707) */
  resource: z.url().optional(),
})
  .refine(({ issuer, tokenUrl }) => (issuer === undefined) !== (tokenUrl === undefined), 'either issuer or tokenUrl is needed')
  .refine(
    ({ clientSecret, privateKey }) => (clientSecret === undefined) !== (privateKey === undefined),
    'either clientSecret or privateKey is needed',
  )
  .refine(({ authentication, clientSecret }) => authentication === undefined || clientSecret !== undefined, {
    path: ['authentication'],
    message: 'it says how clientSecret is sent, and there is none',
  })
  .refine(({ keyId, privateKey }) => keyId === undefined || privateKey !== undefined, {
    path: ['keyId'],
    message: 'it names privateKey, and there is none',
  })
export type OAuthClient = z.infer<typeof oauth>

/** A server that runs already and speaks HTTP. */
const httpServer = section({
  ...serverFields,
  url: credentialUrl,
  /** `sse`: the transport of 2024-11-05, which a few servers still speak: a stream to read and an address to post to */
  transport: z.enum(['streamable-http', 'sse']).default('streamable-http'),
  /** sent with every request: plain values, or secret references, resolved when a session starts */
  headers: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not the name of a header')
        .refine((name) => !governedHeader.test(name), 'this header is set by the exchange itself, or by bearer'),
      z.string().regex(/^[^\r\n\0]*$/, 'one line'),
      { error: (issue) => (issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined) },
    )
    .default({}),
  /** sent as `Authorization: Bearer …` */
  bearer: secretReference.optional(),
  /** an access token is fetched, renewed and sent as `Authorization: Bearer …` */
  oauth: oauth.optional(),
  /** PEM file with the certificates to trust instead of the usual ones */
  ca: z.string().optional(),
  /** how long connecting may take; a call may take as long as it takes */
  startSeconds: z.number().positive().default(30),
}).refine(
  ({ bearer, oauth: client }) => bearer === undefined || client === undefined,
  'either bearer or oauth: a request has one credential',
)
export type StdioServer = z.infer<typeof stdioServer>
export type HttpServer = z.infer<typeof httpServer>

/** The key that is there says which kind it is, so that a mistake is told in the terms of that kind. */
const agentServer = z
  .custom<z.input<typeof stdioServer> | z.input<typeof httpServer>>((value) => typeof value === 'object' && value !== null, 'a server')
  .transform((value, context): StdioServer | HttpServer => {
    if ('command' in value === 'url' in value) {
      context.issues.push({
        code: 'custom',
        input: value,
        message: 'either command (a program to start) or url (a server that runs) is needed',
      })
      return z.NEVER
    }
    const checked = ('url' in value ? httpServer : stdioServer).safeParse(value)
    if (checked.success) return checked.data
    context.issues.push(...checked.error.issues.map((issue) => ({ ...issue, code: 'custom' as const, input: value })))
    return z.NEVER
  })

export const isHttpServer = (server: StdioServer | HttpServer): server is HttpServer => 'url' in server

/** Where the agent itself checks that held calls were approved (docs/decisions/0019). */
const agentApprovals = section({
  /** who signs the rules and the reviewers' keys: a verifier key as `gatehouse trust create-key` prints it. Its private half is on no gateway and no agent */
  root: z.string().regex(/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/, 'a verifier key: name+id+base64'),
  /** what `gatehouse trust sign` wrote; read at start and whenever it changes */
  document: z.string(),
  /** the servers whose calls are checked. Each is reached by one connection: rules are written for connections */
  required: z
    .record(z.string(), section({ connection: connectionName, dialect: sqlDialect.optional() }))
    .refine((servers) => Object.keys(servers).length > 0, 'at least one server'),
})

export const agentConfig = section({
  gateway: z.url(),
  /** the agent's own key and enrolment */
  data: z.string(),
  /** needed once, at enrolment */
  joinToken: secretReference.optional(),
  /** how long servers run on without a gateway; then their sessions are over */
  graceSeconds: z.number().int().nonnegative().default(120),
  servers: z.array(agentServer).min(1),
  /** without it the agent runs what the gateway forwards */
  approvals: agentApprovals.optional(),
})
export type AgentConfig = z.infer<typeof agentConfig>
