import { expect, test } from 'vitest'
import { references } from './expression.ts'
import { expressionOf } from './testing.ts'

test('a path is the root and the fields below it', () => {
  check('nodes.classify.label', 'nodes.classify.label=')
  check('nodes["classify"].label == input.a', 'nodes.classify.label input.a')
  check('input["content-type"]', 'input.content-type=')
  check('input', 'input=')
})
test('a computed index, or one of a list, ends it', () => {
  check('nodes.list[0].label', 'nodes.list')
  check('nodes[input.id].label', 'nodes input.id')
})
test('calls, lists, maps and branches are looked into', () => {
  check('size(a.b) + [c, {"k": d}][0] > 1 ? e : !f', 'a.b c d e f')
  check('"x".startsWith(a.b)', 'a.b')
  check('-a.b', 'a.b')
})
test('variables of comprehensions and of cel.bind are none, where they hold', () => {
  check('input.items.map(i, i.price + rate)', 'input.items rate')
  check('items.map(items, items.a)', 'items')
  check('items.filter(i, i.a).map(j, i)', 'items i')
  check('cel.bind(x, input.a, x + y)', 'input.a y')
})
test('names of types, json and optional are none', () => {
  check('type(a) == int', 'a')
  check('json.encode(a)', 'a')
  check('optional.of(a)', 'a')
})
test('has(), .?, [?] and default() guard', () => {
  check('has(a.b.c)', 'a.b.c?')
  check('a.?b.c', 'a.b.c?')
  check('a[?"b"]', 'a.b?')
  check('a.list[?0]', 'a.list?')
  check('default(a.b, c.d)', 'a.b? c.d')
  check('has(a.list[i].c)', 'a.list? i?')
})
test('offsets are those of the source', () => {
  expect(references(expressionOf(' 1 + nodes.a.b'))).toEqual([
    { path: ['nodes', 'a', 'b'], guarded: false, whole: false, offset: 5, length: 9 },
  ])
})

/** Paths in the order of the source; `?` guarded, `=` the whole expression. */
function check(source: string, expected: string) {
  const found = references(expressionOf(source)).map(
    ({ path, guarded, whole }) => `${path.join('.')}${guarded ? '?' : ''}${whole ? '=' : ''}`,
  )
  expect(found.join(' ')).toBe(expected)
}
