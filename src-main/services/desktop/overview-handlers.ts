import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import { csvOfAccessGrants } from '../../../src-core/evidence/csv-of-access-grants.ts'
import { csvOfAccessReview } from '../../../src-core/evidence/csv-of-access-review.ts'
import type { GatewayApi } from '../gateway-api.ts'
import type { CheckedHandlers, DesktopPorts } from './desktop-ports.ts'

type OverviewChannel = Extract<keyof CheckedHandlers, `overview:${string}` | `controls:${string}`>

/** What auditors and managers ask about a period. */
export function overviewHandlers(options: {
  api: () => GatewayApi
  chooseFolder: DesktopPorts['chooseFolder']
}): Pick<CheckedHandlers, OverviewChannel> {
  const { api } = options
  return {
    'overview:get': (period) => api().call('overview', period),
    'overview:sessions': (query) => api().call('overviewSessions', query),
    'overview:approvals': (query) => api().call('overviewApprovals', query),
    'overview:access-review': () => api().call('accessReview'),
    async 'overview:export-access-review'() {
      const folder = await options.chooseFolder()
      if (folder === undefined) return {}
      const review = await api().call('accessReview')
      const at = review.at.replaceAll(/[:.]/g, '-')
      const file = join(folder, `access-review-${at}.csv`)
      await write(file, csvOfAccessReview(review))
      const grants = join(folder, `access-grants-${at}.csv`)
      await write(grants, csvOfAccessGrants(review))
      return { file, grants }
    },
    'controls:get': (period) => api().call('controls', period),
    'controls:test': (control) => api().call('testControl', { control }),
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new AppError('FILE_UNWRITABLE', { file, problem: code === 'EEXIST' ? 'it is there already' : (code ?? 'unknown') }, { cause })
  }
}
