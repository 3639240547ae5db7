/** Builds the renderer with the double in place of the preload and serves it under the application's own content security policy. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join, normalize, resolve, sep } from 'node:path'
import react from '@vitejs/plugin-react'
import { build, type Plugin } from 'vite'
import { contentSecurityPolicy } from '../../src-main/shell/content-security-policy.ts'

const root = resolve(import.meta.dirname, '../..')
const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
}

/** The first two folders of an address only tell the double what to be. */
const scenarioAndPerson = /^\/[a-z-]+\/[a-z]+\//

export interface ServedRenderer {
  /** the origin; see `pageUrl` for the addresses under it */
  url: string
  close: () => Promise<void>
}

/** The double must be there before the application asks for its state: its script stands first. */
const doublePlugin: Plugin = {
  name: 'fake-desktop',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) =>
      html.replace(
        '<script type="module"',
        '<script type="module" src="../test/fakes/install-fake-desktop.ts"></script>\n<script type="module"',
      ),
  },
}

/** With `when asked`, the first request waits for the build; one that failed answers each with its reason. */
export async function serveRenderer(options: { port?: number; build?: 'at once' | 'when asked' } = {}): Promise<ServedRenderer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-renderer-'))
  let built: Promise<void> | undefined
  if (options.build !== 'when asked') await (built = buildInto(folder))
  const server = createServer((request, response) => {
    built ??= buildInto(folder)
    built.then(
      () => answer(folder, request.url ?? '/', response),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await listen(server, options.port ?? 0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function buildInto(folder: string): Promise<void> {
  await build({
    configFile: false,
    root: join(root, 'src-renderer'),
    base: './',
    logLevel: 'warn',
    plugins: [react(), doublePlugin],
    build: {
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      minify: false,
      modulePreload: { polyfill: false },
      target: 'chrome140',
    },
  })
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((listening, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', listening)
  })
}

/** As src-main answers for `app://`: one page, its assets, nothing else; styles need this response's nonce. */
async function answer(folder: string, requested: string, response: ServerResponse): Promise<void> {
  const path = normalize(join(folder, new URL(requested, 'http://127.0.0.1').pathname.replace(scenarioAndPerson, '/')))
  try {
    if (!path.startsWith(folder + sep)) throw new Error('outside')
    const content = await readFile(path)
    const nonce = randomBytes(16).toString('base64')
    response.writeHead(200, {
      'content-type': contentTypes[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': contentSecurityPolicy(nonce),
    })
    response.end(
      extname(path) === '.html'
        ? content.toString().replace('name="csp-nonce" content=""', `name="csp-nonce" content="${nonce}"`)
        : content,
    )
  } catch {
    response.writeHead(404).end()
  }
}

if (process.argv[1] === import.meta.filename) {
  const served = await serveRenderer({ port: Number(process.argv[2] ?? 0) })
  process.stdout.write(`${served.url}/full/priya/index.html\n`)
}
