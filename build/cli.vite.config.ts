import { defineConfig } from 'vite'

/** Node refuses to strip types under node_modules, so the published command is bundled; its dependencies stay packages. The entry brings its own `#!`. */
export default defineConfig({
  build: {
    ssr: 'src-cli/gatehouse.ts',
    target: 'node24',
    outDir: 'out/cli',
    emptyOutDir: true,
    rolldownOptions: { output: { entryFileNames: 'gatehouse.js' } },
  },
})
