import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

export default defineConfig({
  main: {
    // packages in `dependencies` stay external: better-sqlite3 and libpg-query carry binaries that cannot be bundled
    build: {
      outDir: 'out/main',
      // the workers' threads are found beside the main module
      rolldownOptions: {
        input: {
          index: 'src-main/index.ts',
          'library-worker': 'src-main/services/library/library-worker.ts',
          'masking-trial-worker': 'src-main/services/masking/masking-trial-worker.ts',
        },
      },
    },
  },
  preload: {
    // a sandboxed preload is ONE CommonJS file that requires nothing but electron
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rolldownOptions: { input: { index: 'src-preload/index.ts' }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer: {
    root: 'src-renderer',
    build: {
      outDir: 'out/renderer',
      emptyOutDir: true,
      // data: URLs are refused for everything but images
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { index: 'src-renderer/index.html' } },
    },
    plugins: [react()],
  },
})
