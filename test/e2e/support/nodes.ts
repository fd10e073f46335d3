/** Parts of documents for tests that put together their own. */

const HEAD = { ir: 'treadle/v1', models: { fast: { provider: 'openai', model: 'scripted' } } }

/** A whole document around nodes; `more` are further fields of it. */
export const documentOf = (nodes: object, more: object = {}): object => ({ ...HEAD, name: 'test', nodes, ...more })

export const llm = (prompt: string, more: object = {}): object => ({ kind: 'llm', model: 'fast', prompt, ...more })

export const receive = (signal: string, more: object = {}): object => ({ kind: 'receive', signal, ...more })

/** Another document as a child run. */
export const child = (nodes: object, more: object = {}, document: object = {}): object => ({
  kind: 'run',
  workflow: documentOf(nodes, { name: 'child', ...document }),
  ...more,
})
