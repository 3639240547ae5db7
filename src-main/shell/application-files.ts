import { randomBytes } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { parseApplicationPath } from './application-path.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'

/** where index.html takes the nonce for style elements that are made at run time */
const nonceMeta = /(<meta name="csp-nonce" content=)"[^"]*"/

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

const refused = (status: number) => new Response(null, { status, headers: commonHeaders })

/** Answers requests to the application's scheme from `folder`, and from nowhere else. */
export function createApplicationFiles(folder: string): (request: { url: string; method: string }) => Promise<Response> {
  return async ({ url, method }) => {
    if (method !== 'GET') return refused(405)
    const parsed = parseApplicationPath(url)
    if (!parsed.ok) return refused(403)
    const contentType = contentTypes[extname(parsed.file)]
    if (contentType === undefined) return refused(404)
    const bytes = await readInside(folder, parsed.file)
    if (bytes === undefined) return refused(404)

    const nonce = randomBytes(16).toString('base64url')
    const body = contentType.startsWith('text/html') ? bytes.toString('utf8').replace(nonceMeta, `$1"${nonce}"`) : new Uint8Array(bytes)
    return new Response(body, {
      headers: { ...commonHeaders, 'content-type': contentType, 'content-security-policy': contentSecurityPolicy(nonce) },
    })
  }
}

/** A link that leads out of the folder is as if it were not there. */
async function readInside(folder: string, file: string): Promise<Buffer | undefined> {
  try {
    const [root, target] = await Promise.all([realpath(folder), realpath(join(folder, file))])
    return target.startsWith(root + sep) ? await readFile(target) : undefined
  } catch {
    return undefined
  }
}
