import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const evidence = join(import.meta.dirname, '../src-node/evidence')

/** What an evidence pack takes along as it is: read at run time, beside the module that reads it. */
const packFiles: Plugin = {
  name: 'evidence-pack-files',
  generateBundle() {
    for (const fileName of ['verify.mjs', 'replay.html', 'pack-readme.md']) {
      this.emitFile({ type: 'asset', fileName, source: readFileSync(join(evidence, fileName)) })
    }
  },
}

/** Node refuses to strip types under node_modules, so the published commands are bundled; their dependencies stay packages. The entries bring their own `#!`. */
export default defineConfig({
  plugins: [packFiles],
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'out/cli',
    emptyOutDir: true,
    rolldownOptions: {
      // the workers are no commands: the gateway starts them, and finds them beside its own chunk
      input: [
        'src-cli/gatehouse.ts',
        'src-cli/gatehouse-mcp.ts',
        'src-gateway/inspection/inspection-worker.ts',
        'src-gateway/recordings/archive-worker.ts',
        'src-gateway/copy/copy-worker.ts',
        'src-gateway/overview/overview-worker.ts',
      ],
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
})
