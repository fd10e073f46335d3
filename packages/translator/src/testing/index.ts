/** What tests share, here and in test/: documents that translate, those of examples/ among them. */

export { EXAMPLES, inputOf, MODELS } from './examples.ts'
export { randomDocument } from './random-document.ts'
