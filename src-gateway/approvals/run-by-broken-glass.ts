import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { BreakGlassOpening } from '../../src-protocol/break-glass.ts'
import type { Approval } from '../../src-protocol/model.ts'
import type { BrokenGlass } from '../break-glass/break-glass.ts'

export interface BrokenGlassPorts {
  glass: BrokenGlass
  clock: Clock
  /** one more entry of the log is about the approval */
  noted(id: string, index: number): void
  /** @returns nothing if another change came first */
  move(before: Approval, after: Approval): Promise<object | undefined>
}

/** What takes the place of votes while the glass is broken. Everything else about an approval stays: its digest, its one run, its deadlines. */
export function createRunByBrokenGlass(ports: BrokenGlassPorts) {
  const { glass, clock } = ports
  /** what is open now and is the opening that the log has for this approval, if it has one */
  const openFor = (approval: Approval): BreakGlassOpening | undefined => {
    const opening = glass.covering(approval.digestInput)
    return opening && (approval.brokeGlass ?? opening.id) === opening.id ? opening : undefined
  }

  return {
    openFor,
    /** The approval as it may run, if the glass is broken for it: in the log before it counts. */
    async approve(approval: Approval): Promise<Approval | undefined> {
      const opening = approval.state === 'pending' ? openFor(approval) : undefined
      if (!opening) return undefined
      if (approval.brokeGlass === undefined) ports.noted(approval.id, await glass.use(opening, approval))
      // it may have been closed while that was written
      if (!openFor(approval)) return undefined
      const latest = clock.now().getTime() + approval.digestInput.runWithinSeconds * 1000
      const runBy = timestampOf(new Date(Math.min(latest, Date.parse(opening.endsAt))))
      const approved: Approval = { ...approval, brokeGlass: opening.id, state: 'approved', runBy }
      return (await ports.move(approval, approved)) ? approved : undefined
    },
  }
}
