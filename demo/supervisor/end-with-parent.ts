/**
 * Loaded into each service of the demo before its own code (`node --import`): when the supervisor is gone, however it ended, the
 * channel to it closes, and the service ends as if it had been asked to.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// listening must not keep a finished process alive
process.channel?.unref()
