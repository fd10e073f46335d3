import { describe, expect, test } from 'vitest'
import { useApi } from '../api/support/api.ts'
import { ECHO } from '../api/support/documents.ts'

/** T6: a document that is small to send and large to take in. Each bound is met at n − 1, n and n + 1. */

const api = useApi()

const HEAD = { ir: 'treadle/v1', name: 'bomb' }

const validate = async (document: object | string) => {
  const answer = await api().app.inject({
    method: 'POST',
    url: '/validate',
    payload: document,
    headers: { 'content-type': typeof document === 'string' ? 'application/yaml' : 'application/json' },
  })
  return {
    status: answer.statusCode,
    codes: (answer.json().diagnostics ?? []).map(({ code }: { code: string }) => code),
  }
}

/** Which of the codes are found just below a bound, at it, and past it. */
async function around(bound: number, documentOf: (n: number) => object | string, code: string): Promise<boolean[]> {
  const found: boolean[] = []
  for (const n of [bound - 1, bound, bound + 1]) found.push((await validate(documentOf(n))).codes.includes(code))
  return found
}

const nodes = (count: number) => ({
  ...HEAD,
  nodes: Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, { kind: 'set', value: n }])),
})

/** Graphs inside each other. The body of the document is the first of `levels`. */
function nested(levels: number): object {
  let body: object = { leaf: { kind: 'set', value: 1 } }
  for (let level = levels - 1; level > 0; level--) body = { [`g${level}`]: { kind: 'graph', nodes: body } }
  return { ...HEAD, nodes: body }
}

function deepValue(levels: number): object {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return { ...HEAD, nodes: { a: { kind: 'set', value } } }
}

describe('bounds of a document', () => {
  test('2,000 nodes', async () => expect(await around(2_000, nodes, 'too-many-nodes')).toEqual([false, false, true]))

  test('what is far too large is told at once, and not looked into', async () => {
    const empty = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`n${n}`, {}]))
    expect((await validate({ ...HEAD, nodes: empty })).codes).toEqual(['too-many-nodes'])
    expect((await validate({ ...HEAD, nodes: { a: { kind: 'graph', nodes: empty } } })).codes).toEqual([
      'too-many-nodes',
    ])
  })

  test('bodies 32 deep', async () => expect(await around(32, nested, 'too-deep')).toEqual([false, false, true]))

  test('values 200 deep, the document itself and its nodes among them', async () =>
    expect(await around(200 - 3, deepValue, 'too-deep')).toEqual([false, false, true]))

  test('200,000 values', async () => {
    const document = (values: number) => ({ ...HEAD, nodes: { a: { kind: 'set', value: Array(values - 7).fill(0) } } })
    expect(await around(200_000, document, 'too-large')).toEqual([false, false, true])
  })

  test('256 KiB of YAML', async () => {
    const head = 'ir: treadle/v1\nname: bomb\nnodes: {a: {kind: set, value: 1}}\n#'
    expect(await around(256 * 1024, (bytes) => head.padEnd(bytes, 'x'), 'too-large')).toEqual([false, false, true])
  })

  test('a schema of 64 KiB, 32 deep', async () => {
    const inputSchema = (bytes: number) => {
      const shell = JSON.stringify({ type: 'object', description: '' }).length
      return { ...ECHO, inputSchema: { type: 'object', description: 'x'.repeat(bytes - shell) } }
    }
    expect(await around(64 * 1024, inputSchema, 'schema-too-large')).toEqual([false, false, true])
    const lists = (levels: number): object => (levels === 1 ? {} : { type: 'array', items: lists(levels - 1) })
    const deep = (levels: number) => ({ ...ECHO, inputSchema: { type: 'object', properties: { list: lists(levels) } } })
    expect(await around(32, deep, 'schema-too-large')).toEqual([false, false, true])
  })

  test('4,096 characters of an expression', async () => {
    const document = (length: number) => {
      const source = `"${'a'.repeat(length - 2)}"`
      return { ...HEAD, nodes: { a: { kind: 'set', value: `\${${source}}` } } }
    }
    expect(await around(4_096, document, 'expression-too-large')).toEqual([false, false, true])
  })
})

describe('a document that would grow', () => {
  const laughs = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
  for (const [index, name] of [...'bcdefghij'].entries()) {
    laughs.push(
      `${name}: &${name} [${Array(10)
        .fill(`*${'abcdefghi'.charAt(index)}`)
        .join(',')}]`,
    )
  }

  test.each<[string, object | string]>([
    ['by aliases of YAML', laughs.join('\n')],
    ['by merge keys', `a: &a {x: 1}\n${Array.from({ length: 2_000 }, (_, n) => `k${n}: {<<: *a}`).join('\n')}`],
    ['by one text of a megabyte, named often', `a: &a ${'x'.repeat(200_000)}\nb: [${Array(90).fill('*a').join(',')}]`],
    [
      'by a schema that refers to itself',
      { ...ECHO, inputSchema: { $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' } },
    ],
    [
      'by schemas that refer to each other',
      {
        ...ECHO,
        inputSchema: {
          $defs: {
            a: { anyOf: [{ $ref: '#/$defs/b' }, { $ref: '#/$defs/b' }] },
            b: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }] },
          },
          $ref: '#/$defs/a',
        },
      },
    ],
    ['by a schema from elsewhere', { ...ECHO, inputSchema: { $ref: 'http://127.0.0.1:1/schema.json' } }],
    ['by a schema of a file', { ...ECHO, inputSchema: { $ref: 'file:///etc/passwd' } }],
    [
      'by a loop in a loop in a loop',
      {
        ...HEAD,
        nodes: {
          a: {
            kind: 'loop',
            max: 1_000_000,
            do: { kind: 'loop', max: 1_000_000, do: { kind: 'loop', max: 1_000_000, do: { kind: 'set', value: 1 } } },
          },
        },
      },
    ],
    [
      'by a map of maps',
      {
        ...HEAD,
        nodes: {
          a: {
            kind: 'map',
            over: 'input',
            maxItems: 1_000_000,
            do: { kind: 'map', over: 'input', maxItems: 1_000_000, do: { kind: 'set', value: 1 } },
          },
        },
      },
    ],
    ['by ten thousand expressions', { ...HEAD, nodes: { a: { kind: 'set', value: Array(10_000).fill('${1 + 1}') } } }],
    [
      'by an expression of brackets',
      { ...HEAD, nodes: { a: { kind: 'set', value: `\${${'('.repeat(5_000)}1${')'.repeat(5_000)}}` } } },
    ],
    [
      'by keys of prototypes',
      { ...HEAD, nodes: JSON.parse('{"constructor":{"kind":"set","value":1},"toString":{"kind":"set","value":2}}') },
    ],
  ])('%s is answered, and not by an error of ours', async (_, document) => {
    const { status } = await validate(document)
    expect([200, 400, 413, 422]).toContain(status)
    expect((await api().app.inject('/healthz')).statusCode).toBe(200)
  })
})
