import { defineConfig } from 'vite'

/** Node refuses to strip types under node_modules, so the published commands are bundled; their dependencies stay packages. The entries bring their own `#!`. */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'out/cli',
    emptyOutDir: true,
    rolldownOptions: {
      // the worker is no command: the gateway starts it, and finds it beside its own chunk
      input: ['src-cli/gatehouse.ts', 'src-cli/gatehouse-mcp.ts', 'src-gateway/inspection/inspection-worker.ts'],
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
})
