import type { Json } from '@treadle/contract'
import { ExpressionError, parseExpression, parseTemplate, renderTemplate } from '@treadle/expressions'
import type { TestBody, TestNode } from '@treadle/interpreter/testing'

/** What went wrong, by its type. */
export class ModelError extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

export type Worker = (path: string) => Json

type Variables = Record<string, Json>

/**
 * What a document means, in the plainest words: one node after the other, no events, no cancelling, no resuming. What the interpreter does in
 * parallel, over restarts and in segments has to come to the same.
 */
export function evaluateBody(body: TestBody, path: string, outer: Variables, worker: Worker): Json {
  const outputs: Record<string, Json> = {}
  const left = Object.keys(body.nodes)
  while (left.length > 0) {
    const next = left.findIndex((id) => !needs(body.nodes[id], left, id))
    const [id = ''] = left.splice(next, 1)
    const variables = { ...outer, nodes: { ...(outer.nodes as Variables), ...outputs } }
    outputs[id] = evaluateNode(body.nodes[id] as TestNode, path === '' ? id : `${path}.${id}`, variables, worker)
  }
  return body.output === undefined
    ? outputs
    : render(body.output, { ...outer, nodes: { ...(outer.nodes as Variables), ...outputs } })
}

/** Whether the node names one that has not run: as data, somewhere in it, or in `after`. */
function needs(node: TestNode | undefined, left: string[], self: string): boolean {
  const text = JSON.stringify(node)
  return left.some((id) => id !== self && (new RegExp(`nodes\\.${id}\\b`).test(text) || node?.after?.includes(id)))
}

function evaluateNode(node: TestNode, path: string, variables: Variables, worker: Worker): Json {
  try {
    if (node.when !== undefined && evaluate(node.when, variables) !== true) return null
    return evaluateKind(node, path, variables, worker)
  } catch (error) {
    const { type, message } = toModelError(error)
    const caught = (node.catch ?? []) as { on: string; do: TestNode | TestBody }[]
    for (const [index, entry] of caught.entries()) {
      const inside = { ...variables, error: { type, message, details: null } }
      if (entry.on === '*' || entry.on.includes(type)) return evaluateDo(entry.do, `${path}!${index}`, inside, worker)
    }
    throw new ModelError(type, message)
  }
}

function evaluateKind(node: TestNode, path: string, variables: Variables, worker: Worker): Json {
  switch (node.kind) {
    case 'set':
      return render(node.value, variables)
    case 'llm':
      render(node.prompt, variables)
      return worker(path)
    case 'graph':
      return evaluateBody({ nodes: node.nodes }, path, variables, worker)
    case 'switch': {
      const index = node.cases.findIndex(({ when }: { when: string }) => evaluate(when, variables) === true)
      if (index >= 0) return evaluateDo(node.cases[index].do, `${path}?${index}`, variables, worker)
      return node.else ? evaluateDo(node.else, `${path}?else`, variables, worker) : null
    }
    case 'map':
      return (evaluate(node.over, variables) as Json[]).map((item, index) => {
        try {
          return evaluateDo(node.do, `${path}[${index}]`, { ...variables, item, index }, worker)
        } catch (error) {
          if (node.onItemError !== 'collect' || !(error instanceof ModelError)) throw error
          return { error: { type: error.type, message: error.message } }
        }
      })
    case 'loop': {
      let state = render(node.state, variables)
      for (let iteration = 0; iteration < node.max; iteration++) {
        const inside = { ...variables, state, iteration }
        state = evaluateDo(node.do, `${path}#${iteration}`, inside, worker)
        if (evaluate(node.until, { ...inside, state, result: state }) === true) break
      }
      return state
    }
    default:
      throw new Error(`The model has no ${node.kind}.`)
  }
}

const evaluateDo = (body: TestNode | TestBody, path: string, variables: Variables, worker: Worker): Json =>
  'kind' in body
    ? evaluateNode(body as TestNode, path, variables, worker)
    : evaluateBody(body as TestBody, path, variables, worker)

function evaluate(cel: string, variables: Variables): Json {
  const parsed = parseExpression(cel)
  if (!parsed.ok) throw new Error(`${cel} is not CEL`)
  return parsed.expression.evaluate(variables)
}

function render(template: Json, variables: Variables): Json {
  const sources: string[] = []
  const compiled = parseTemplate(template, (source) => sources.push(source) - 1)
  return renderTemplate(compiled.template, (index) => evaluate(sources[index] ?? '', variables))
}

function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error
  if (error instanceof ExpressionError) return new ModelError('invalid_request', error.message)
  throw error
}
