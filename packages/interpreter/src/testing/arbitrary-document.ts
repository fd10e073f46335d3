import fc from 'fast-check'
import type { TestBody, TestDocument, TestNode } from './plan-of.ts'

/**
 * Random documents that use what bodies, edges, skips, catches and containers can do together. Their leaves are `set` and `llm`; the scripted
 * worker decides by the path whether an `llm` fails.
 */
export const arbitraryDocument = (options: { catchAll?: boolean } = {}): fc.Arbitrary<TestDocument> =>
  bodyOf({ depth: 2, known: [], names: ['input.n'], prefix: 'n', ...options }).map(({ nodes }) => ({ nodes }))

type Context = {
  depth: number
  /** Nodes that can be referred to. */
  known: string[]
  /** Integers in scope. */
  names: string[]
  prefix: string
  /** Every `llm` has a catch, so that which of several failures comes first makes no difference. */
  catchAll?: boolean
}

function bodyOf(context: Context): fc.Arbitrary<TestBody> {
  return fc.integer({ min: 1, max: 4 }).chain((count) => {
    let made: fc.Arbitrary<Record<string, TestNode>> = fc.constant({})
    for (let index = 0; index < count; index++) {
      const id = `${context.prefix}${index}`
      made = made.chain((nodes) => {
        const known = [...context.known, ...Object.keys(nodes)]
        return nodeOf({ ...context, known, prefix: `${id}_` }, Object.keys(nodes)).map((node) => ({
          ...nodes,
          [id]: node,
        }))
      })
    }
    return made.map((nodes) => ({ nodes }))
  })
}

function nodeOf(context: Context, siblings: string[]): fc.Arbitrary<TestNode> {
  const after = siblings.length === 0 ? fc.constant([]) : fc.subarray(siblings, { maxLength: 1 })
  const common = fc.record({
    when: fc.option(conditionOf(context), { nil: undefined, freq: 3 }),
    after: after.map((ids) => (ids.length > 0 ? ids : undefined)),
  })
  return fc.tuple(kindOf(context), common).map(([node, { when, after: ids }]) => ({
    ...node,
    ...(when === undefined ? {} : { when }),
    ...(ids === undefined ? {} : { after: ids }),
  }))
}

function kindOf(context: Context): fc.Arbitrary<TestNode> {
  const leaves = [
    anyValue(context).map((value) => ({ kind: 'set', value }) as TestNode),
    fc
      .tuple(anyValue(context), fc.boolean())
      .map(([prompt, caught]) => llmOf(prompt, caught || context.catchAll === true)),
  ]
  if (context.depth === 0) return fc.oneof(...leaves)

  const inner = { ...context, depth: context.depth - 1 }
  const loop = { ...inner, names: [...context.names, 'iteration'] }
  const map = { ...inner, names: [...context.names, 'index', 'item'] }
  return fc.oneof(
    { weight: 3, arbitrary: fc.oneof(...leaves) },
    { weight: 1, arbitrary: bodyOf(inner).map(({ nodes }) => ({ kind: 'graph', nodes }) as TestNode) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          conditionOf(context),
          doOf(inner),
          fc.option(doOf({ ...inner, prefix: `${inner.prefix}e` }), { nil: undefined }),
        )
        .map(
          ([when, body, other]) =>
            ({ kind: 'switch', cases: [{ when, do: body }], ...(other ? { else: other } : {}) }) as TestNode,
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          length: fc.nat({ max: 3 }),
          body: doOf(map),
          concurrency: fc.integer({ min: 1, max: 3 }),
          collect: fc.boolean(),
        })
        .map(
          ({ length, body, concurrency, collect }) =>
            ({
              kind: 'map',
              over: `[7, 8, 9].filter(x, x < ${7 + length})`,
              do: body,
              concurrency,
              onItemError: collect ? 'collect' : 'fail',
            }) as TestNode,
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ max: fc.integer({ min: 1, max: 3 }), stop: fc.nat({ max: 3 }), body: doOf(loop) })
        .map(
          ({ max, stop, body }) =>
            ({ kind: 'loop', max, state: 0, do: body, until: `iteration >= ${stop}`, onMax: 'stop' }) as TestNode,
        ),
    },
  )
}

const llmOf = (prompt: unknown, caught: boolean): TestNode =>
  ({
    kind: 'llm',
    prompt,
    ...(caught ? { catch: [{ on: '*', do: { kind: 'set', value: ['${error.type}'] } }] } : {}),
  }) as TestNode

const doOf = (context: Context): fc.Arbitrary<TestNode | TestBody> =>
  fc.oneof(
    nodeOf(context, []),
    bodyOf(context).map(({ nodes }) => ({ nodes })),
  )

const conditionOf = ({ names, known }: Context): fc.Arbitrary<string> =>
  fc.oneof(
    fc.tuple(fc.constantFrom(...names), fc.nat({ max: 3 })).map(([name, n]) => `${name} > ${n}`),
    ...(known.length > 0 ? [fc.constantFrom(...known).map((id) => `nodes.${id} != null`)] : []),
  )

const anyValue = ({ names, known }: Context): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.nat({ max: 9 }),
    fc.constantFrom(...names).map((name) => `\${${name} + 1}`),
    ...(known.length > 0
      ? [
          fc.constantFrom(...known).map((id) => `\${nodes.${id}}`),
          fc.constantFrom(...known).map((id) => ({ text: `x\${nodes.${id}}` })),
        ]
      : []),
  )
