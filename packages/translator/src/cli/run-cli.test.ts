import { expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const FILES: Record<string, string> = {
  'right.yaml': 'ir: treadle/v1\nname: test\nnodes:\n  a: { kind: set, value: 1 }\n',
  'wrong.yaml': 'ir: treadle/v1\nname: test\nnodes:\n\ta: 1\n',
  'misspelt.yaml':
    'ir: treadle/v1\nname: test\nnodes:\n  first: { kind: set, value: 1 }\n  b: { kind: set, value: "${nodes.frist}" }\n',
}

test('a right document ends with 0', () => {
  expect(run('validate', 'right.yaml')).toEqual({ code: 0, out: 'right.yaml: no findings', err: '' })
})

test('a wrong one ends with 1, with the line underlined', () => {
  const { code, out } = run('misspelt.yaml')
  expect(code).toBe(1)
  expect(out).toBe(`error[unknown-node]: There is no node "frist"
 --> misspelt.yaml:5:29 (/nodes/b/value)
  |
5 |   b: { kind: set, value: "\${nodes.frist}" }
  |                             ^^^^^^^^^^^
  = help: did you mean "first"?

misspelt.yaml: 1 error, 0 warnings`)
})

test('several files are checked, and the worst decides', () => {
  expect(run('validate', 'right.yaml', 'wrong.yaml').code).toBe(1)
  expect(run('validate', 'right.yaml', 'missing.yaml').code).toBe(2)
})

test('compile prints the plan', () => {
  const { code, out } = run('compile', 'right.yaml')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    plan: { plan: 1, name: 'test' },
    bounds: { nodeRuns: { least: 1, most: 1 } },
  })
})

test('without a file it says how it is used', () => {
  expect(run()).toMatchObject({ code: 2, err: expect.stringContaining('treadle-validate') })
  expect(run('--help').code).toBe(0)
})

function run(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = runCli(args, {
    readFile(file) {
      const text = FILES[file]
      if (text === undefined) throw new Error('no such file')
      return new TextEncoder().encode(text)
    },
    print: (text) => out.push(text),
    printError: (text) => err.push(text),
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}
