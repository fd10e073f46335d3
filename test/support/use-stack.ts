import { afterAll, afterEach, beforeAll } from 'vitest'
import { type Stack, type StackOptions, startStack } from './stack.ts'

/**
 * A stack for all tests of a file: started before the first, stopped after the last; when a test fails, the last lines
 * of every process are printed. Returns how to get at it from within a test.
 */
export function useStack(options: StackOptions = {}): () => Stack {
  let stack: Stack | undefined
  beforeAll(
    async () => {
      stack = await startStack(options)
    },
    options.blobs === 's3' ? 600_000 : undefined, // The S3 server is built from its sources where it is not in the cache.
  )
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(stack?.describe())
  })
  afterAll(() => stack?.stop())
  return () => {
    if (!stack) throw new Error('The stack is there only inside of tests.')
    return stack
  }
}
