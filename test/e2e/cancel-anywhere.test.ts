import { answerForExamples, DEMO_SECRETS, DEMO_TOOLS_URL } from '@treadle/local'
import { EXAMPLES, inputOf } from '@treadle/translator/testing'
import { beforeAll, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { cancelAnywhere } from './support/cancel-anywhere.ts'

/** All events of each example with TREADLE_TEST_FULL=1; else a seeded sample. */
const SAMPLE = 2

const stack = useStack({ workerEnv: DEMO_SECRETS })
beforeAll(() => answerForExamples(stack().tools))

/** The one that needs workers of other languages is in mixed-languages.test.ts. */
test.each(EXAMPLES.filter(({ name }) => name !== 'mixed-languages.yaml'))(
  '$name, cancelled at any of its events, ends as cancelled and leaves nothing running',
  async ({ name, text }) => {
    const ir = text.replaceAll(DEMO_TOOLS_URL, stack().tools.url)
    await cancelAnywhere(stack(), { ir, input: inputOf(name) }, SAMPLE)
  },
  process.env.TREADLE_TEST_FULL === '1' ? 900_000 : 120_000,
)
