import { setTimeout as sleep } from 'node:timers/promises'

const patienceSeconds = 30

/** Waits for a condition. @throws Error naming what did not happen */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patienceSeconds * 1000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`The tour waited ${patienceSeconds} seconds in vain until ${what}.`)
    await sleep(50)
  }
}
