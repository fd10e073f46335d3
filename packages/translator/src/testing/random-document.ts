import fc from 'fast-check'

type Node = Record<string, unknown>

/**
 * Documents that translate without errors: random graphs of every kind of node that needs no other side, nested up to
 * three deep, with references to nodes of the same body and of those around it.
 */
export const randomDocument: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 200 }), fc.integer({ min: 1, max: 8 }))
  .map(([numbers, size]) => build(numbers, size))

/** Inputs that their `inputSchema` takes. */
export const randomInput = fc.record({
  n: fc.integer({ min: 0, max: 6 }),
  list: fc.array(fc.nat(9), { maxLength: 7 }),
})

/** Takes its choices from a list of numbers, so that fast-check can make a failing document smaller. */
function build(numbers: number[], size: number): Record<string, unknown> {
  let at = 0
  const choose = (count: number): number => (numbers[at++ % numbers.length] ?? 0) % count
  let ids = 0

  const body = (count: number, depth: number, seen: string[]): { nodes: Record<string, Node>; own: string[] } => {
    const nodes: Record<string, Node> = {}
    const own: string[] = []
    for (let index = 0; index < count; index++) {
      const id = `n${String.fromCharCode(97 + choose(26))}${ids++}`
      nodes[id] = node(depth, [...seen, ...own])
      own.push(id)
    }
    return { nodes, own }
  }

  const value = (seen: string[]): unknown => {
    const some = seen[choose(Math.max(1, seen.length))]
    const read = some === undefined ? 'input.n' : `nodes.${some}`
    const values = [
      `\${${read}}`,
      `text of \${${read}}`,
      { b: `\${${read}}`, a: [1, `\${input.n + ${choose(9)}}`] },
      choose(100),
      null,
    ]
    return values[choose(values.length)]
  }

  const one = (depth: number, seen: string[]): unknown => {
    if (depth >= 3 || choose(2) === 0) return node(3, seen)
    const inner = body(1 + choose(3), depth + 1, seen)
    return { nodes: inner.nodes, output: value(inner.own) }
  }

  const node = (depth: number, seen: string[]): Node => ({ ...common(seen), ...kind(depth, seen) })

  const common = (seen: string[]): Node => {
    const some = seen[choose(Math.max(1, seen.length))]
    return {
      ...(choose(5) === 0 ? { when: `input.n > ${choose(5)}` } : {}),
      ...(choose(5) === 0 && some !== undefined ? { after: [some] } : {}),
      ...(choose(8) === 0 ? { description: 'Some node.', 'x-mine': { b: 1, a: 2 } } : {}),
      ...(choose(8) === 0 ? { catch: [{ on: '*', do: { kind: 'set', value: 'caught' } }] } : {}),
    }
  }

  const kind = (depth: number, seen: string[]): Node => {
    const leaves = [
      () => ({ kind: 'set', value: value(seen) }),
      () => ({ kind: 'emit', event: 'told', data: value(seen) }),
      () => ({ kind: 'checkpoint', name: 'here' }),
      () => ({ kind: 'tool', tool: ['call', 'run_it'][choose(2)], args: { v: value(seen) } }),
      () => ({ kind: 'llm', model: 'fast', prompt: `Say \${input.n}` }),
    ]
    const containers = [
      () => ({
        kind: 'switch',
        cases: Array.from({ length: 1 + choose(2) }, () => ({
          when: `input.n == ${choose(4)}`,
          do: one(depth + 1, seen),
        })),
        ...(choose(2) === 0 ? { else: one(depth + 1, seen) } : {}),
      }),
      () => ({ kind: 'map', over: 'input.list', maxItems: 5, do: one(depth + 1, seen) }),
      () => ({ kind: 'loop', max: 1 + choose(3), do: one(depth + 1, seen) }),
      () => ({ kind: 'loop', max: 3, onMax: 'stop', until: `iteration >= ${choose(3)}`, do: one(depth + 1, seen) }),
      () => ({ kind: 'graph', ...body(1 + choose(3), depth + 1, seen) }),
      () => ({
        kind: 'machine',
        start: 'go',
        max: 4,
        states: {
          go: { do: one(depth + 1, seen), next: [{ when: `input.n > ${choose(3)}`, to: 'on' }] },
          on: { do: one(depth + 1, seen) },
        },
      }),
    ]
    const kinds = depth >= 3 ? leaves : [...leaves, ...containers]
    const { own: _, ...made } = (kinds[choose(kinds.length)] ?? leaves[0] ?? (() => ({})))() as Node
    return made
  }

  const { nodes, own } = body(size, 0, [])
  return {
    ir: 'treadle/v1',
    name: 'random',
    inputSchema: {
      type: 'object',
      required: ['n', 'list'],
      properties: { n: { type: 'integer' }, list: { type: 'array', maxItems: 7 } },
    },
    models: { fast: { provider: 'openai', model: 'gpt-5-mini', params: { maxTokens: 10 } } },
    tools: {
      call: { kind: 'http', url: 'https://example.com/', query: { v: '${args.v}' } },
      run_it: { kind: 'function', name: 'run_it' },
    },
    nodes,
    ...(choose(2) === 0 ? { output: { last: `\${nodes.${own[own.length - 1]}}` } } : {}),
  }
}
