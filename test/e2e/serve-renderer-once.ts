/** For all files of a run: the renderer is built once, when the first of them asks for it. */
import type { TestProject } from 'vitest/node'
import { serveRenderer } from '../renderer/serve.ts'

declare module 'vitest' {
  interface ProvidedContext {
    rendererUrl: string
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const served = await serveRenderer({ build: 'when asked' })
  project.provide('rendererUrl', served.url)
  return () => served.close()
}
