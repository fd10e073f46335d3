/**
 * Runs the embedded stack, in this process so that a signal needs no passing on, until it was told to stop.
 * The stack sets the exit code itself.
 */
export async function start() {
  await import('../apps/local/dist/main.js')
  return process.exitCode === undefined || process.exitCode === 0
}
