// Functions for the TypeScript worker: TREADLE_FUNCTIONS=./examples/typescript-tools/clean-text.mjs
import { treadle } from '@treadle/worker'

treadle.function(
  'clean_text',
  {
    description: 'Puts white space in order, and counts the words.',
    input: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
    output: {
      type: 'object',
      required: ['text', 'words'],
      properties: { text: { type: 'string' }, words: { type: 'integer', minimum: 0 } },
    },
  },
  ({ text }) => {
    const words = text.split(/\s+/).filter((word) => word !== '')
    return { text: words.join(' '), words: words.length }
  },
)
