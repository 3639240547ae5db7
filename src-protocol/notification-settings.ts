/** What a person chose about notifications on their computer. */
import { z } from 'zod'
import { accessSchedule, accessWindow } from './access.ts'

/** On these days from one time of day to another, in a time zone; an end that is not after its begin lies on the next day. */
export const quietHours = accessWindow.extend({ on: z.boolean(), zone: accessSchedule.shape.zone })
export type QuietHours = z.infer<typeof quietHours>

/** When one is told once more of a request that nobody has decided: with so much of its time left. */
export const remindAt = z.enum(['never', 'quarter', 'half'])
export type RemindAt = z.infer<typeof remindAt>
