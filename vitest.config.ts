import { defineConfig } from 'vitest/config'

/**
 * Three projects: pure and in-process tests, real processes over real sockets, the desktop in a browser engine. The files of a project that is
 * not isolated share their worker's modules: reading those anew for each file took longer than most of the files. So a test that replaces
 * something of Node or of a module puts it back.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src-*/**/*.test.{ts,tsx}', 'test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          testTimeout: 30_000,
          isolate: false,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
          // processes that mostly wait for each other: more files at once than there are cores
          maxWorkers: 3,
          isolate: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 20_000 } },
          maxWorkers: 2,
          isolate: false,
          globalSetup: 'test/e2e/serve-renderer-once.ts',
        },
      },
    ],
  },
})
