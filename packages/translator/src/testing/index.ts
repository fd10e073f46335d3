/** What tests share, here and in test/: documents that translate, those of examples/ among them. */

export { EXAMPLES, inputOf, MODELS } from './examples.ts'
export { type Mutation, withSwappedTypes } from './mutations.ts'
export { randomDocument, randomInput } from './random-document.ts'
export { sample } from './sample.ts'
