import { describe, expect, test } from 'vitest'
import { planOf } from '../testing/check.ts'

/*
 * `a:t<b` reads: node a is a short tool and reads b. t: short tool, p: Python tool, l: model call, v: value, e: emit,
 * w: wait, s: slow tool. Segments print as `[a b]`.
 */
test('a chain of short nodes is one segment', () => check('a:t b:t<a c:e<b', '[a b c]'))
test('values between short nodes go along, loose ones do not', () => check('a:t b:v<a c:t<b d:v<c', '[a b c]'))
test('short nodes that need the same run together', () => check('a:l b:t<a c:t<a d:t', '[b c] [d]'))
test('a short node alone is a segment of its own', () => check('a:t b:l<a', '[a]'))
test('a value alone is none', () => check('a:v b:v<a', ''))
test('what waits for a model call does not delay what does not', () => check('a:l b:t c:t<a,b', '[b] [c]'))
test('a segment ends where another language or a slow tool comes between', () => {
  check('a:t b:p<a c:t<b', '[a] [c]')
  check('a:t b:s<a c:t<b', '[a] [c]')
})
test('a way out and in again is never inside of one segment', () => {
  check('a:t b:l<a c:t<a,b d:t<a', '[a d] [c]')
  check('a:t w:w<a c:t<a,w', '[a] [c]')
})

test('fuse: never gives each its own activity', () => {
  const plan = planOf({ ...documentOf('a:t b:t<a c:v<b'), execution: { fuse: 'never' } })
  expect(plan.segments).toEqual([])
  expect(plan.nodes.map(({ placement }) => placement)).toEqual([
    { in: 'activity', queue: 'treadle-workflows' },
    { in: 'activity', queue: 'treadle-workflows' },
    { in: 'workflow' },
  ])
})

test('a node with a cache or `placement: activity` is in none', () => {
  for (const extra of [{ cache: { ttl: '1m' } }, { placement: 'activity' }]) {
    const document = documentOf('a:t b:t<a')
    Object.assign(document.nodes.a ?? {}, extra)
    expect(segmentsOf(planOf(document))).toBe('[b]')
  }
})

test('a node with a catch is in one where all of the catch could be', () => {
  const caught = (node: object) => {
    const document = documentOf('a:t b:t<a')
    Object.assign(document.nodes.a ?? {}, { catch: [{ on: '*', do: node }] })
    return segmentsOf(planOf(document))
  }
  expect(caught({ kind: 'set', value: 1 })).toBe('[a b]')
  expect(caught({ kind: 'wait', for: '1s' })).toBe('[b]')
})

describe('a container', () => {
  const nested = (node: object, extra: object = {}) => {
    const document = documentOf('a:t c:t<m')
    document.nodes.m = { kind: 'loop', max: 2, after: ['a'], do: { nodes: { inner: node } }, ...extra }
    return segmentsOf(planOf(document))
  }
  const tool = { kind: 'tool', tool: 'short', args: {} }

  test('of short nodes is part of a segment as a whole', () => {
    expect(nested(tool)).toBe('[a m c] [inner]')
    expect(
      nested({
        kind: 'switch',
        cases: [{ when: 'true', do: tool }],
        else: { kind: 'fail', type: 'no', message: 'no' },
      }),
    ).toMatch('[a m c]')
  })
  test('that waits for something is not, but what is short in it is', () => {
    expect(nested({ kind: 'graph', nodes: { x: tool, w: { kind: 'wait', for: '1s' } } })).toBe('[a] [c] [x]')
  })
  test('whose time the workflow bounds has activities in it: timers stand still while a segment is executed', () => {
    const waiting = { kind: 'graph', nodes: { x: tool, w: { kind: 'wait', for: '1s' } } }
    expect(nested(waiting, { timeout: '1m' })).toBe('[a] [c]')
    expect(nested(tool, { timeout: '1m' })).toMatch('[a m c]')
  })
})

test('`placement: segment` takes a slow tool in', () => {
  const document = documentOf('a:s b:t<a')
  Object.assign(document.nodes.a ?? {}, { placement: 'segment' })
  expect(segmentsOf(planOf(document))).toBe('[a b]')
})

function check(graph: string, expected: string) {
  expect(segmentsOf(planOf(documentOf(graph)))).toBe(expected)
}

function segmentsOf({ segments, nodes }: ReturnType<typeof planOf>): string {
  return segments.map(({ nodes: members }) => `[${members.map((index) => nodes[index]?.id).join(' ')}]`).join(' ')
}

function documentOf(graph: string) {
  const nodes = graph.split(' ').map((word) => {
    const [head = '', reads = ''] = word.split('<')
    const [id = '', kind = ''] = head.split(':')
    const value = reads === '' ? 1 : reads.split(',').map((each) => `\${nodes.${each}}`)
    return [id, nodeOf(kind, value, reads)] as const
  })
  return {
    ir: 'treadle/v1',
    name: 'test',
    models: { m: { provider: 'openai', model: 'm' } },
    tools: {
      short: { kind: 'http', url: 'https://example.com/', timeout: '5s' },
      slow: { kind: 'http', url: 'https://example.com/' },
      python: { kind: 'function', name: 'f', runtime: 'python' },
    },
    nodes: Object.fromEntries(nodes) as Record<string, Record<string, unknown>>,
  }
}

function nodeOf(kind: string, value: unknown, reads: string): Record<string, unknown> {
  if (kind === 't') return { kind: 'tool', tool: 'short', args: { value } }
  if (kind === 's') return { kind: 'tool', tool: 'slow', args: { value } }
  if (kind === 'p') return { kind: 'tool', tool: 'python', args: { value } }
  if (kind === 'l') return { kind: 'llm', model: 'm', prompt: `\${${reads === '' ? '1' : `nodes.${reads}`}}` }
  if (kind === 'w') return { kind: 'wait', for: '1s', after: reads.split(',') }
  return kind === 'e' ? { kind: 'emit', event: 'e', data: value } : { kind: 'set', value }
}
