import type { Perform } from './work.ts'

/** A named point to fork from. Its output is null. */
export const checkpointWork: Perform<'checkpoint'> = async ({ name }, context) => {
  await context.emit('checkpoint.created', { name })
  return { output: null, checkpointName: name }
}
