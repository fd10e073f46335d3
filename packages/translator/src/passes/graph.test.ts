import { expect, test } from 'vitest'
import { found, planOf } from '../testing/check.ts'
import { translate } from '../translate.ts'

test('nodes that need nothing stand in the order of their ids', () => check('c b a', 'a b c'))
test('a node stands after all that it reads, wherever it is written', () => check('a<z z', 'z a'))
test('of those that are ready the least id comes first', () => check('a<c b c d<b', 'b c a d'))
test('upper case letters come before lower case ones, as their code points do', () => check('a B', 'B a'))

/** `a<b,c` reads "a reads b and c". */
function check(graph: string, expected: string) {
  const plan = planOf(documentOf(graph))
  expect(plan.bodies[0]?.nodes.map((index) => plan.nodes[index]?.id).join(' ')).toBe(expected)
}

function documentOf(graph: string) {
  const nodes = graph.split(' ').map((word) => {
    const [id = '', reads = ''] = word.split('<')
    return [id, { kind: 'set', value: reads === '' ? 1 : reads.split(',').map((each) => `\${nodes.${each}}`) }]
  })
  return { ir: 'treadle/v1', name: 'test', nodes: Object.fromEntries(nodes) }
}

test('a cycle names all its members once, and not those that only wait for it', () => {
  const { diagnostics } = translate(documentOf('a<b b<c c<a d<a e'))
  expect(diagnostics.map(({ code, path, message }) => [code, path, message])).toEqual([
    ['cycle', '/nodes/a', 'These nodes wait for each other: "a" → "b" → "c" → "a"'],
  ])
  expect(diagnostics[0]?.related?.map(({ path }) => path)).toEqual(['/nodes/b', '/nodes/c'])
})

test('two cycles are two findings', () => {
  expect(found(documentOf('a<b b<a c<d d<c'))).toEqual(['cycle /nodes/a', 'cycle /nodes/c'])
})

test('a node that reads itself, or what it is inside of, waits for itself', () => {
  expect(found(documentOf('a<a'))).toEqual(['cycle /nodes/a'])
  const inner = { kind: 'set', value: '${nodes.a}' }
  expect(found({ ir: 'treadle/v1', name: 'test', nodes: { a: { kind: 'graph', nodes: { b: inner } } } })).toEqual([
    'cycle /nodes/a',
  ])
})

test('what a nested body reads is an edge of the node around it', () => {
  const plan = planOf({
    ir: 'treadle/v1',
    name: 'test',
    nodes: {
      a: { kind: 'loop', max: 2, do: { nodes: { c: { kind: 'set', value: 1 } }, output: '${nodes.z}' } },
      b: { kind: 'switch', cases: [{ when: 'nodes.z == 1', do: { kind: 'set', value: '${nodes.a}' } }] },
      z: { kind: 'set', value: 1 },
    },
  })
  const ids = (numbers: number[] = []) => numbers.map((index) => plan.nodes[index]?.id)
  const node = (id: string) => plan.nodes.find((each) => each.id === id)
  expect(ids(node('a')?.deps)).toEqual(['z'])
  expect(ids(node('b')?.deps).sort()).toEqual(['a', 'z'])
  expect(node('c')?.deps).toEqual([])
})
