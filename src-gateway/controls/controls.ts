import { timestampOf } from '../../src-node/clock.ts'
import { controlId, type ControlId, type ControlTestResult } from '../../src-protocol/controls.ts'
import type { HttpOutput } from '../../src-protocol/http-api.ts'
import type { Person } from '../../src-protocol/model.ts'
import type { Period } from '../../src-protocol/overview.ts'
import { gatherEvidence, type EvidencePorts } from './gather-evidence.ts'
import { testOfRules } from './test-of-rules.ts'
import { testOfDoors } from './test-of-doors.ts'
import { testOfLog } from './test-of-log.ts'
import { testOfRecordings } from './test-of-recordings.ts'
import { testOfMasking } from './test-of-masking.ts'
import type { ControlTest, ControlTestPorts } from './control-test.ts'

/** What is held for each criterion, and tests that try the controls on this gateway as it runs. */
export interface Controls {
  report(period: Period): Promise<HttpOutput<'controls'>>
  /** Runs now; its result is in the log before it is told. */
  test(control: ControlId, by: Person): Promise<ControlTestResult>
}

const tests: Record<ControlId, ControlTest> = { ...testOfRules, ...testOfDoors, ...testOfLog, ...testOfMasking, ...testOfRecordings }

export function createControls(ports: ControlTestPorts & EvidencePorts): Controls {
  const { clock, log } = ports
  return {
    async report(period) {
      return { period, at: timestampOf(clock.now()), controls: await gatherEvidence(ports, controlId.options, period) }
    },
    async test(control, by) {
      const began = clock.now()
      const { outcome, steps } = await tests[control](ports)
      const tookMs = Math.max(0, clock.now().getTime() - began.getTime())
      const { index } = await log.append({ kind: 'control.test', by: by.sub, control, outcome, steps })
      return { control, outcome, steps, at: timestampOf(began), tookMs, logIndex: index }
    },
  }
}
