import type { BodyIndex, Json, JsonObject, Plan, PlanBody, PlanExpression, PlanNode, Template } from '@treadle/contract'
import { parseExpression, parseTemplate } from '@treadle/expressions'

/** A document as the tests write it: the IR, without checks and with durations in milliseconds (`timeoutMs`, `forMs`). */
export type TestDocument = {
  nodes: Record<string, TestNode>
  output?: Json
  models?: Record<string, unknown>
  tools?: Record<string, unknown>
  longRunning?: boolean
}
export type TestBody = { nodes: Record<string, TestNode>; output?: Json }
// biome-ignore lint/suspicious/noExplicitAny: a test may write any node, wrong ones included.
export type TestNode = { kind: PlanNode['kind'] } & Record<string, any>

/**
 * Compiles a document to a plan: the translator's last pass without its others, so that the interpreter can be tested alone. What is wrong
 * in the document stays wrong in the plan.
 */
export function planOf(document: TestDocument): Plan {
  const expressions: PlanExpression[] = []
  const schemas: Plan['schemas'] = []
  const bodies: PlanBody[] = []
  const nodes: PlanNode[] = []
  const tools = compileTools(document.tools ?? {})
  const main = compileBody(document, undefined)
  if (main.index !== 0) throw new Error('The document has to be body 0.')

  return {
    plan: 1,
    name: 'test',
    expressions,
    schemas,
    models: (document.models ?? { fast: { provider: 'openai', model: 'm' } }) as Plan['models'],
    tools,
    limits: { onExceeded: 'fail' },
    bodies: bodies as Plan['bodies'],
    nodes,
    segments: [],
    signals: [],
    longRunning: document.longRunning ?? false,
  }

  function expression(cel: string, reads: Set<string>): number {
    const parsed = parseExpression(cel)
    const references = parsed.ok ? parsed.expression.references : []
    const roots = [
      ...new Set(
        references.map(({ path: [name = '', field = ''] }) => (TWO_PART.has(name) ? `${name}.${field}` : name)),
      ),
    ]
    for (const root of roots) reads.add(root)
    const whole = roots.length === 1 && roots[0] === cel.trim()
    expressions.push({ cel, roots, ...(whole ? { whole } : {}) })
    return expressions.length - 1
  }

  function template(value: Json, reads: Set<string>): Template {
    return parseTemplate(value, (source) => expression(source, reads)).template as Template
  }

  function schema(value: Plan['schemas'][number]): number {
    schemas.push(value)
    return schemas.length - 1
  }

  function compileTools(given: Record<string, unknown>): Plan['tools'] {
    const compiled = Object.entries(given).map(([name, tool]) => {
      const { url, query, body, headers, inputSchema, outputSchema, ...rest } = tool as Record<string, Json>
      const reads = new Set<string>()
      const optional = (key: string, value: Json | undefined) =>
        value === undefined ? {} : { [key]: template(value, reads) }
      return [
        name,
        {
          ...rest,
          ...optional('url', url),
          ...optional('query', query),
          ...optional('body', body),
          ...(headers
            ? {
                headers: Object.fromEntries(
                  Object.entries(headers).map(([key, value]) => [key, headerOf(value, reads)]),
                ),
              }
            : {}),
          ...(inputSchema ? { inputSchema: schema(inputSchema as JsonObject) } : {}),
          ...(outputSchema ? { outputSchema: schema(outputSchema as JsonObject) } : {}),
        },
      ]
    })
    return Object.fromEntries(compiled) as Plan['tools']
  }

  function headerOf(value: Json, reads: Set<string>) {
    return typeof value === 'object' ? value : template(value, reads)
  }

  /** `do` takes one node, or a body. */
  function compileDo(given: TestNode | TestBody, container: number, reads: Set<string>): BodyIndex {
    const isBody = 'nodes' in given && !('kind' in given)
    const body = isBody ? (given as TestBody) : { nodes: { '': given as TestNode } }
    const compiled = compileBody(body, container, !isBody)
    for (const root of compiled.reads) reads.add(root)
    return compiled.index
  }

  function compileBody(body: TestBody, container: number | undefined, single = false) {
    const index = bodies.push({ nodes: [] }) - 1
    const reads = new Set<string>()
    const own = Object.keys(body.nodes)
    const made = new Map<string, { index: number; reads: Set<string> }>()
    for (const id of own) made.set(id, compileNode(id, body.nodes[id] as TestNode, index))

    for (const [id, { index: nodeIndex, reads: nodeReads }] of made) {
      const after = ((body.nodes[id] as TestNode).after ?? []) as string[]
      const wanted = own.filter((other) => other !== id && (nodeReads.has(`nodes.${other}`) || after.includes(other)))
      Object.assign(nodes[nodeIndex] as PlanNode, { deps: wanted.map((other) => made.get(other)?.index ?? -1) })
      for (const root of nodeReads) reads.add(root)
    }
    const output = body.output === undefined ? {} : { output: template(body.output, reads) }
    bodies[index] = {
      nodes: inPlanOrder([...made.values()].map((node) => node.index)),
      ...output,
      ...(single ? { single } : {}),
      ...(container === undefined ? {} : { container }),
    }
    for (const id of own) reads.delete(`nodes.${id}`)
    return { index, reads }
  }

  /** Topological, ties by id. */
  function inPlanOrder(indexes: number[]): number[] {
    const left = [...indexes].sort((a, b) => ((nodes[a]?.id ?? '') < (nodes[b]?.id ?? '') ? -1 : 1))
    const ordered: number[] = []
    while (left.length > 0) {
      const ready = left.findIndex((index) => nodes[index]?.deps.every((dep) => ordered.includes(dep)))
      if (ready < 0) throw new Error('The document has a cycle.')
      ordered.push(...left.splice(ready, 1))
    }
    return ordered
  }

  function compileNode(id: string, node: TestNode, body: number) {
    const index = nodes.length
    const reads = new Set<string>()
    const compiled: Record<string, unknown> = {
      ...node,
      id,
      pointer: `/nodes/${id}`,
      body,
      deps: [],
      placement: { in: 'workflow' },
    }
    nodes.push(compiled as PlanNode)
    const keep = (key: string, make: (value: never) => unknown) => {
      if (node[key] !== undefined) compiled[key] = make(node[key] as never)
    }
    const asTemplate = (value: Json) => template(value, reads)
    const asExpression = (cel: string) => expression(cel, reads)
    const asBody = (given: TestNode | TestBody) => compileDo(given, index, reads)

    keep('outputSchema', schema)
    keep('when', asExpression)
    keep('catch', (entries: { on: string | string[]; do: TestNode | TestBody }[]) =>
      entries.map((entry) => ({ on: [entry.on].flat(), body: asBody(entry.do) })),
    )
    if (node.after) delete compiled.after
    switch (node.kind) {
      case 'llm':
        compiled.model = node.model ?? 'fast'
        compiled.messages = [{ role: 'user', content: asTemplate(node.prompt ?? 'hello') }]
        delete compiled.prompt
        break
      case 'agent':
        for (const key of ['instructions', 'input']) compiled[key] = asTemplate(node[key] ?? '')
        Object.assign(compiled, {
          tools: [],
          approve: [],
          handoffs: [],
          model: 'fast',
          ...pick(node, ['tools', 'approve', 'model']),
        })
        keep('handoffs', (list: JsonObject[]) =>
          list.map((entry) => ({
            tools: [],
            approve: [],
            handoffs: [],
            model: 'fast',
            ...entry,
            instructions: asTemplate(entry.instructions ?? ''),
          })),
        )
        break
      case 'tool':
        compiled.args = asTemplate(node.args ?? {})
        break
      case 'set':
        compiled.value = asTemplate(node.value)
        break
      case 'switch':
        keep('cases', (cases: { when: string; do: TestNode | TestBody }[]) =>
          cases.map((entry) => ({ when: asExpression(entry.when), body: asBody(entry.do) })),
        )
        keep('else', asBody)
        break
      case 'map':
        Object.assign(compiled, { concurrency: node.concurrency ?? 10, onItemError: node.onItemError ?? 'fail' })
        keep('over', asExpression)
        keep('do', asBody)
        break
      case 'loop':
        compiled.onMax = node.onMax ?? (node.until === undefined ? 'stop' : 'fail')
        for (const key of ['state', 'next']) keep(key, asTemplate)
        keep('until', asExpression)
        keep('do', asBody)
        break
      case 'machine':
        keep('states', (states: Record<string, { do: TestNode; next?: { when?: string; to: string }[] }>) =>
          Object.fromEntries(
            Object.entries(states).map(([state, { do: body, next = [] }]) => [
              state,
              {
                body: asBody(body),
                next: next.map(({ when, to }) => (when === undefined ? { to } : { when: asExpression(when), to })),
              },
            ]),
          ),
        )
        keep('output', asTemplate)
        break
      case 'graph':
        compiled.do = asBody({ nodes: node.nodes, ...(node.output === undefined ? {} : { output: node.output }) })
        delete compiled.nodes
        delete compiled.output
        break
      case 'wait':
        keep('for', asTemplate)
        keep('until', asExpression)
        break
      case 'receive':
        for (const key of ['default', 'title', 'form']) keep(key, asTemplate)
        break
      case 'run':
        compiled.input = asTemplate(node.input ?? {})
        compiled.mode = node.mode ?? 'wait'
        break
      case 'emit':
        compiled.data = asTemplate(node.data ?? {})
        break
      case 'fail':
        compiled.message = asTemplate(node.message ?? '')
        keep('details', asTemplate)
        break
      case 'checkpoint':
        break
    }
    return { index, reads }
  }
}

const TWO_PART = new Set(['nodes', 'states'])

const pick = (node: TestNode, keys: string[]) =>
  Object.fromEntries(keys.flatMap((key) => (node[key] === undefined ? [] : [[key, node[key]]])))
