import { expect, test } from 'vitest'
import { readYaml } from './read-yaml.ts'

test('YAML is read as the JSON that it stands for', () => {
  expect(readYaml('ir:\n  name: x\n  n: 3\n  half: 0.5\n  list: [a, "b", null, true]\n')).toEqual({
    ir: { name: 'x', n: 3, half: 0.5, list: ['a', 'b', null, true] },
  })
})

test('an alias stands for what it names', () =>
  expect(readYaml('a: &x {n: 1}\nb: *x\n')).toEqual({ a: { n: 1 }, b: { n: 1 } }))

const laughs = [
  'a: &a [x,x,x,x,x,x,x,x,x,x]',
  ...'bcdefghij'.split('').map((name, index) => {
    const before = 'abcdefghij'.charAt(index)
    return `${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`
  }),
].join('\n')

for (const [what, text, reason] of [
  ['a key that stands there twice', 'a: 1\na: 2\n', /unique/i],
  ['a billion laughs', laughs, /aliases/],
  ['one large text named often', `a: &a ${'x'.repeat(1_000_000)}\nb: [${Array(50).fill('*a').join(',')}]`, /too large/],
  ['an integer that no double holds', 'n: 9007199254740993', /exactly/],
  ['infinity', 'n: .inf', /JSON has not/],
  ['half a mapping', 'a: [1, 2', /YAML/],
  ['a tag of somebody’s own', 'a: !!js/function x', /YAML/],
  ['what is nested too deeply', '['.repeat(20_000), /YAML|nested/],
  ['the key of a prototype', '__proto__: {a: 1}', /not allowed/],
] as const) {
  test(`${what} is refused`, () => expect(() => readYaml(text)).toThrow(reason))
}
