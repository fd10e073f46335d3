import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml'
import { tooLarge } from './json-reader.ts'
import type { Place, Places, Span } from './places.ts'
import { child, type Pointer } from './pointer.ts'
import type { Problem, Reading } from './problem.ts'

/**
 * Reads YAML 1.2 as far as it is another way to write JSON: core schema, keys that are texts, no tags of one's own, one document.
 * Anchors and aliases are expanded, bounded by `values` in all, so that nine lines cannot become a billion.
 */
export function readYaml(text: string, limits: { depth: number; values: number }, places?: Places): Reading {
  let documents: Document.Parsed[]
  try {
    const options = {
      version: '1.2',
      schema: 'core',
      uniqueKeys: false,
      intAsBigInt: true,
      logLevel: 'silent',
    } as const
    documents = parseAllDocuments(text, {
      ...options,
      strict: true,
      lineCounter: new LineCounter(),
    }) as Document.Parsed[]
  } catch (error) {
    // The reader goes down one call per level, so a text that is nothing but brackets ends it here.
    if (!(error instanceof RangeError)) throw error
    const message = `objects and lists are more than ${limits.depth} deep inside each other`
    return { problems: [{ code: 'too-deep', path: '', message }] }
  }
  const [document, second] = documents
  if (!document) return { value: null, problems: [] }

  const problems: Problem[] = document.errors.slice(0, 20).map((error) => ({
    code: 'syntax',
    path: '',
    span: { start: error.pos[0], end: error.pos[1] },
    message: firstLine(error.message),
  }))
  if (second) {
    const span = { start: second.range[0], end: second.range[0] + 1 }
    problems.push({ code: 'yaml-feature', path: '', span, message: 'a second document begins here; one is taken' })
  }
  if (document.directives.yaml.explicit && document.directives.yaml.version !== '1.2') {
    problems.push({
      code: 'yaml-feature',
      path: '',
      message: `YAML ${document.directives.yaml.version} is not taken, 1.2 is`,
    })
  }
  if (problems.length > 0) return { problems }
  return createConverter(document, limits, problems, places).convert()
}

/** Ends the reading at a bound. */
class BoundStop extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

function createConverter(
  document: Document.Parsed,
  limits: { depth: number; values: number },
  problems: Problem[],
  places: Places | undefined,
) {
  const anchors = new Map<string, Node>()
  const open = new Set<Node>()
  let count = 0
  let hasAlias = false

  function convert(): Reading {
    try {
      return { value: value(document.contents, '', 0), problems }
    } catch (error) {
      if (!(error instanceof BoundStop)) throw error
      return { problems: [...problems, error.problem] }
    }
  }

  function value(node: Node | null, pointer: Pointer, depth: number, key?: Span): unknown {
    const span = spanOf(node)
    if (places) {
      const place: Place = { value: span ?? key ?? { start: 0, end: 0 } }
      if (key) place.key = key
      places.set(pointer, place)
    }
    if (++count > limits.values) {
      const message = `the document has more than ${limits.values} values`
      if (!hasAlias) throw new BoundStop(problem('too-large', '', undefined, message))
      throw new BoundStop(problem('too-many-aliases', pointer, span, `${message} once its aliases are expanded`))
    }
    if (node === null) return null
    if (isAlias(node)) return alias(node.source, pointer, depth, span)
    if ('anchor' in node && node.anchor) anchors.set(node.anchor, node)
    if (node.tag && !CORE_TAGS.has(node.tag)) {
      problems.push(problem('yaml-feature', pointer, span, `the tag ${node.tag} has no meaning in JSON`))
    }
    if (isScalar(node)) return scalar(node.value, node.source, pointer, span)
    if (depth >= limits.depth) {
      const message = `objects and lists are more than ${limits.depth} deep inside each other`
      throw new BoundStop(problem('too-deep', pointer, span, message))
    }
    open.add(node)
    const result = isMap(node)
      ? map(node, pointer, depth + 1)
      : isSeq(node)
        ? list(node.items, pointer, depth + 1)
        : null
    open.delete(node)
    return result
  }

  function map(node: YAMLMap, pointer: Pointer, depth: number): unknown {
    const result: Record<string, unknown> = {}
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null
      const span = spanOf(keyNode)
      if (!isScalar(keyNode) || typeof keyNode.value !== 'string') {
        problems.push(problem('yaml-feature', pointer, span, 'a key has to be a text; put it in quotes'))
        continue
      }
      const key = keyNode.value
      const path = child(pointer, key)
      if (Object.hasOwn(result, key)) {
        problems.push(problem('duplicate-key', path, span, `the key "${key}" stands here a second time`))
      }
      const member = value(pair.value as Node | null, path, depth, span)
      Object.defineProperty(result, key, { value: member, enumerable: true, writable: true, configurable: true })
    }
    return result
  }

  function list(items: unknown[], pointer: Pointer, depth: number): unknown[] {
    return items.map((item, index) => {
      const path = child(pointer, index)
      if (isPair(item)) problems.push(problem('yaml-feature', path, undefined, 'a pair has no meaning in a list'))
      return isPair(item) ? null : value(item as Node | null, path, depth)
    })
  }

  function alias(name: string, pointer: Pointer, depth: number, span: Span | undefined): unknown {
    hasAlias = true
    const target = anchors.get(name)
    if (target && !open.has(target)) return value(target, pointer, depth)
    const message = target ? `*${name} stands inside what it names` : `nothing before this is named &${name}`
    problems.push(problem('yaml-feature', pointer, span, message))
    return null
  }

  function scalar(scalarValue: unknown, source: string | undefined, pointer: Pointer, span: Span | undefined): unknown {
    if (typeof scalarValue === 'bigint') {
      if (!Number.isSafeInteger(Number(scalarValue))) {
        problems.push(problem('number-too-large', pointer, span, tooLarge(source ?? String(scalarValue))))
      }
      return Number(scalarValue)
    }
    if (typeof scalarValue === 'number' && !Number.isFinite(scalarValue)) {
      problems.push(problem('number-too-large', pointer, span, `${source ?? scalarValue} is no number of JSON`))
      return 0
    }
    return scalarValue
  }

  return { convert }
}

const CORE_TAGS = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
)

function problem(code: Problem['code'], path: Pointer, span: Span | undefined, message: string): Problem {
  return span ? { code, path, span, message } : { code, path, message }
}

function spanOf(node: Node | null): Span | undefined {
  return node?.range ? { start: node.range[0], end: node.range[1] } : undefined
}

/** The library's messages go on with an excerpt of the text. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message
}
