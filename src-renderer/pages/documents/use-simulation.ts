import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { SimulationRequest, SimulationRun } from '../../../src-protocol/simulation.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'

export interface SimulationView {
  /** the latest run, as far as it is known */
  run: SimulationRun | undefined
  /** it is about exactly this text */
  isCurrent: boolean
  starting: boolean
  error: AppError | null
  start: (request: SimulationRequest) => void
  cancel: () => void
}

const lookEveryMs = 300

/** The latest run over recordings, kept in memory while the window is open, so that looking at one of its calls does not lose it. */
export function useSimulation(text: string): SimulationView {
  const client = useQueryClient()
  const key = ['simulation']
  const { data } = useQuery<{ id: string; text: string } | null>({
    queryKey: key,
    queryFn: () => null,
    initialData: null,
    gcTime: Infinity,
    enabled: false,
  })
  const started = useDesktopMutation('policies:simulate')
  const look = useDesktopQueryWith({
    channel: 'policies:simulation',
    input: [data?.id ?? ''],
    enabled: data !== null,
    again: (run) => (run === undefined || run.state === 'running' ? lookEveryMs : false),
  })
  const cancelled = useDesktopMutation('policies:cancel-simulation', (run) => client.setQueryData(['policies:simulation', run.id], run))
  return {
    run: data === null ? undefined : look.data,
    isCurrent: data?.text === text,
    starting: started.isPending,
    error: started.error ?? (data === null ? null : look.error) ?? cancelled.error,
    start(request) {
      started.mutate(request, {
        onSuccess(run) {
          client.setQueryData(['policies:simulation', run.id], run)
          client.setQueryData(key, { id: run.id, text: request.text })
        },
      })
    },
    cancel() {
      if (data !== null) cancelled.mutate(data.id)
    },
  }
}
