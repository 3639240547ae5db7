/**
 * Options of Node for a process that ends when its parent is gone, however that ended: the channel between them (`ipc`) closes, and the process ends as if it
 * had been asked to. The code comes along in the option itself: as a file in TypeScript it would make Node load its translator into each of them, some 25 MB.
 */
export const endWithParent: readonly string[] = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
    // listening must not keep a finished process alive
    process.channel?.unref()
  `)}`,
]
