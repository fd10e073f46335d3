/** What tests of the interpreter share, here and in test/: plans from short documents, and a host of data. */

export { answerByPath } from './answer-by-path.ts'
export { arbitraryDocument } from './arbitrary-document.ts'
export { planOf, type TestBody, type TestDocument, type TestNode } from './plan-of.ts'
export { type PlayResult, play } from './play.ts'
export type { Answer, Script } from './script-host.ts'
