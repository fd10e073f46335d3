import { tests } from '@bufbuild/cel-spec/testdata/conformance.js'

/**
 * google/cel-spec's simple tests, as @bufbuild/cel-spec carries them. Left out is what JSON has no use for: Protobuf
 * messages, enums and containers, and extensions other than strings, optionals and bindings.
 */
const FILES = new Set(
  'basic bindings_ext comparisons conversions fields fp_math integer_math lists logic macros namespace optionals parse plumbing string string_ext timestamps'.split(
    ' ',
  ),
)

const PROTOBUF = /TestAllTypes|GlobalEnum|google\.protobuf\.\w*(Value|Struct|Any)|NestedEnum/

function casesOf(suite, file) {
  const own = (suite.tests ?? []).map(({ original }) => ({ ...original, file })).filter(isForJson)
  return [...own, ...(suite.suites ?? []).flatMap((inner) => casesOf(inner, file))]
}

function isForJson(test) {
  if (test.container || test.checkOnly || test.typedResult) return false
  return !PROTOBUF.test(test.expr) && !hasMessage(test.value) && !hasMessage(test.bindings)
}

function hasMessage(value) {
  const json = JSON.stringify(value ?? null)
  return (
    json.includes('"enumValue"') || /"@type":"type.googleapis.com\/(?!google.protobuf.(Timestamp|Duration)")/.test(json)
  )
}

export const cases = tests.suites.filter(({ name }) => FILES.has(name)).flatMap((file) => casesOf(file, file.name))

/** How many of the cases the engine answers as the specification does, by file, and the names of those it does not. */
export function runConformance({ prepare, foreign }) {
  const byFile = {}
  const failed = []
  for (const test of cases) {
    byFile[test.file] ??= { passed: 0, total: 0 }
    byFile[test.file].total++
    const problem = judge(test, prepare, foreign)
    if (problem) failed.push({ ...test, problem })
    else byFile[test.file].passed++
  }
  return { byFile, failed, passed: cases.length - failed.length, total: cases.length }
}

function judge(test, prepare, foreign) {
  let result
  try {
    const variables = Object.entries(test.bindings ?? {}).map(([name, { value }]) => [name, toEngine(value, foreign)])
    result = prepare(test.expr)(Object.fromEntries(variables))
  } catch (error) {
    return test.evalError ? undefined : `threw ${error.message?.split('\n')[0]}`
  }
  const got = fromEngine(result, foreign)
  if (test.evalError) return `gave ${got}, not an error`
  const wanted = fromSpec(test.value ?? { boolValue: true })
  return got === wanted ? undefined : `gave ${got}, not ${wanted}`
}

function toEngine(value, foreign) {
  const [[kind, inner]] = Object.entries(value)
  switch (kind) {
    case 'int64Value':
      return BigInt(inner)
    case 'uint64Value':
      return foreign.uint(inner)
    case 'doubleValue':
      return Number(inner)
    case 'bytesValue':
      return new Uint8Array(Buffer.from(inner, 'base64'))
    case 'listValue':
      return (inner.values ?? []).map((item) => toEngine(item, foreign))
    case 'mapValue':
      return new Map(
        (inner.entries ?? []).map((entry) => [toEngine(entry.key, foreign), toEngine(entry.value, foreign)]),
      )
    case 'objectValue':
      return inner['@type'].endsWith('Timestamp')
        ? foreign.timestamp(inner.value)
        : foreign.duration(...inner.value.split(/[.s]/).map((part, i) => Number(i === 0 ? part : part.padEnd(9, '0'))))
    default:
      return inner
  }
}

/** A value in words, the same for all engines. */
function fromEngine(value, foreign) {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'bigint') return `int ${value}`
  if (typeof value === 'number') return `double ${value}`
  if (typeof value === 'string') return `string ${value}`
  if (typeof value === 'boolean') return `bool ${value}`
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`
  const words = (item) => fromEngine(item, foreign)
  if (Array.isArray(value)) return `[${value.map(words)}]`
  if (value instanceof Map) return mapWords([...value].map((entry) => entry.map(words)))
  const other = foreign.read(value)
  if (other?.list) return `[${other.list.map(words)}]`
  if (other?.map) return mapWords(other.map.map((entry) => entry.map(words)))
  if (other) return Object.entries(other).map(([kind, inner]) => `${kind} ${inner}`)[0]
  return mapWords(Object.entries(value).map(([key, item]) => [words(key), words(item)]))
}

const mapWords = (entries) => `{${entries.map(([key, item]) => `${key}: ${item}`).sort()}}`

function fromSpec(value) {
  const [[kind, inner]] = Object.entries(value)
  switch (kind) {
    case 'int64Value':
      return `int ${inner}`
    case 'uint64Value':
      return `uint ${inner}`
    case 'doubleValue':
      return `double ${Number(inner)}`
    case 'stringValue':
      return `string ${inner}`
    case 'boolValue':
      return `bool ${inner}`
    case 'bytesValue':
      return `bytes ${inner}`
    case 'typeValue':
      return `type ${inner}`
    case 'listValue':
      return `[${(inner.values ?? []).map(fromSpec)}]`
    case 'mapValue':
      return mapWords((inner.entries ?? []).map((entry) => [fromSpec(entry.key), fromSpec(entry.value)]))
    case 'objectValue':
      return inner['@type'].endsWith('Timestamp')
        ? `timestamp ${Date.parse(inner.value)}`
        : `duration ${BigInt(Math.round(Number.parseFloat(inner.value) * 1e9))}`
    default:
      return 'null'
  }
}
