/** A failure that is fully said by its one sentence: what went wrong, and the way out. No stack is printed for it. */
export class StepError extends Error {
  name = 'StepError'
}

const bold = process.stdout.isTTY && !process.env.NO_COLOR ? (text) => `\x1b[1m${text}\x1b[0m` : (text) => text

/** Announces a step, so that a wait always has a name. */
export const say = (message) => console.log(bold(`▸ ${message}`))

/** Seconds since `startedAt` (of `performance.now()`), for the end of a long step. */
export const seconds = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
