import { LARGE, WORDS } from './world.ts'

/** One document that runs while parts are hurt, and what has to come of it whatever happens. */
export type Program = {
  name: string
  ir: (toolsUrl: string) => object
  /** What a client does once its run has started. */
  act?: 'signal' | 'cancel' | 'fork'
  status: 'completed' | 'cancelled'
  output?: (runId: string) => unknown
}

/** So many attempts that no schedule uses them up: what is tested is that work survives, not that it is given up. */
const RETRY = { maxAttempts: 100, initialInterval: '100ms', backoffCoefficient: 1.5, maxInterval: '1s' }

const document = (toolsUrl: string, nodes: object, output: unknown) => ({
  ir: 'treadle/v1',
  name: 'under-faults',
  models: { fast: { provider: 'openai', model: 'scripted' } },
  tools: {
    step: {
      kind: 'http',
      method: 'POST',
      url: `${toolsUrl}/step`,
      headers: { authorization: { secret: 'CANARY', prefix: 'Bearer ' } },
      body: '${args}',
      timeout: '5s',
    },
    large: { kind: 'http', method: 'POST', url: `${toolsUrl}/large`, body: '${args}', timeout: '5s' },
  },
  nodes,
  output,
})

const step = (args: object = {}, more: object = {}) => ({ kind: 'tool', tool: 'step', args, retry: RETRY, ...more })

export const PROGRAMS: readonly Program[] = [
  {
    name: 'short steps in a segment',
    ir: (url) =>
      document(url, { a: step(), b: step({ v: '${nodes.a}' }), c: step({ v: '${nodes.b}' }) }, [
        '${nodes.a.of}',
        '${nodes.b.of}',
        '${nodes.c.of}',
      ]),
    act: 'fork',
    status: 'completed',
    output: () => ['a', 'b', 'c'],
  },
  {
    name: 'tokens of a model',
    ir: (url) =>
      document(url, { answer: { kind: 'llm', model: 'fast', prompt: 'words', retry: RETRY } }, '${nodes.answer}'),
    status: 'completed',
    output: () => WORDS.join(''),
  },
  {
    name: 'a person in the middle',
    ir: (url) =>
      document(
        url,
        {
          before: step(),
          approval: { kind: 'receive', signal: 'approve', after: ['before'] },
          paid: step({ v: '${nodes.approval}' }),
        },
        { approval: '${nodes.approval}', paid: '${nodes.paid.of}' },
      ),
    act: 'signal',
    status: 'completed',
    output: () => ({ approval: { ok: true }, paid: 'paid' }),
  },
  {
    name: 'three languages',
    ir: (url) =>
      document(
        url,
        {
          all: {
            kind: 'map',
            over: '[1, 2]',
            maxItems: 2,
            do: {
              nodes: {
                ts: step({}, { placement: 'activity' }),
                py: step({ v: '${nodes.ts}' }, { runtime: 'python' }),
                go: step({ v: '${nodes.py}' }, { runtime: 'go' }),
              },
              output: '${nodes.go.of}',
            },
          },
        },
        '${nodes.all}',
      ),
    status: 'completed',
    output: () => ['all[0].go', 'all[1].go'],
  },
  {
    name: 'a large value',
    ir: (url) =>
      document(
        url,
        {
          read: { kind: 'tool', tool: 'large', args: {}, retry: RETRY },
          size: { kind: 'set', value: '${size(nodes.read.text)}' },
        },
        '${nodes.size}',
      ),
    status: 'completed',
    output: () => LARGE,
  },
  {
    name: 'a cancel',
    ir: (url) =>
      document(
        url,
        { first: step(), answer: { kind: 'llm', model: 'fast', prompt: 'hang', after: ['first'], retry: RETRY } },
        null,
      ),
    act: 'cancel',
    status: 'cancelled',
  },
]
