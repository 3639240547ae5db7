/** Milliseconds of this machine's wall clock with the resolution of the monotonic one: comparable between processes. */
export const machineTime = (): number => performance.timeOrigin + performance.now()
