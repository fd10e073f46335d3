import { renameCalls } from '../engine/adapt.ts'
import { environment, REPLACED } from '../engine/environment.ts'
import type { Node } from '../engine/node.ts'
import { alternatives, BOOL, type CelType, DYN, listOf, objectOf, type ScalarKind } from './cel-type.ts'

/**
 * What operators and functions give, asked of the library's own checker: it judges a small expression with a variable
 * of the right type for each operand (`t0 + t1`). So no table of overloads is kept here. Answers are remembered; there
 * are few types as the library sees them, so they are few too.
 */
export type Verdict =
  | { fits: true; type: CelType }
  /** `onlyNull`: it would fit if nothing were null. */
  | { fits: false; onlyNull: boolean; operands: CelType[] }

/** @param write makes the source from the operands' names: `(a, b) => `${a} + ${b}`` */
export function judge(operands: CelType[], write: (...names: string[]) => string): Verdict {
  const fitting: CelType[] = []
  let failing: CelType[] | undefined
  let onlyNull = true
  for (const choice of choices(operands)) {
    const type = judgeOne(choice.map(libraryType), write)
    if (type) fitting.push(type)
    else {
      failing ??= choice
      onlyNull &&= choice.some(({ kind }) => kind === 'null')
    }
  }
  if (failing) return { fits: false, onlyNull: onlyNull && fitting.length > 0, operands: failing }
  const [first = DYN, ...others] = fitting
  return { fits: true, type: others.some((other) => other.kind !== first.kind) ? DYN : first }
}

/** Every combination of alternatives; where they are too many, one of any value. */
function choices(operands: CelType[]): CelType[][] {
  const count = operands.reduce((product, operand) => product * alternatives(operand).length, 1)
  if (count > CHOICES_MAX) return [operands.map(() => DYN)]
  return operands.reduce<CelType[][]>(
    (made, operand) => made.flatMap((choice) => alternatives(operand).map((member) => [...choice, member])),
    [[]],
  )
}

const CHOICES_MAX = 64

const environmentOfTypes = environment.clone({ unlistedVariablesAreDyn: false })
const answers = new Map<string, CelType | undefined>()

function judgeOne(types: string[], write: (...names: string[]) => string): CelType | undefined {
  const source = write(...types.map(variableOf))
  if (answers.has(source)) return answers.get(source)
  const parsed = environmentOfTypes.parse(source)
  renameCalls(parsed.ast as unknown as Node, REPLACED)
  const { valid, type } = parsed.check()
  const answer = valid && type ? fromLibrary(type) : undefined
  if (answers.size < ANSWERS_MAX) answers.set(source, answer)
  return answer
}

/** Far more than the types and functions can make; a bound all the same. */
const ANSWERS_MAX = 20_000

/** A variable of the type in `environmentOfTypes`. */
function variableOf(type: string): string {
  const name = `t_${type.replaceAll(/\W+/g, '_')}`
  if (!environmentOfTypes.hasVariable(name)) environmentOfTypes.registerVariable(name, type)
  return name
}

function libraryType(type: CelType): string {
  switch (type.kind) {
    case 'timestamp':
    case 'duration':
      return type.kind === 'timestamp' ? 'google.protobuf.Timestamp' : 'google.protobuf.Duration'
    case 'list':
      return `list<${type.items.kind === 'list' ? 'list' : libraryType(type.items)}>`
    case 'object':
      return 'map<string, dyn>'
    case 'optional':
      return 'optional'
    case 'union':
      return 'dyn'
    default:
      return type.kind
  }
}

function fromLibrary(type: string): CelType {
  if (type === 'google.protobuf.Timestamp') return { kind: 'timestamp' }
  if (type === 'google.protobuf.Duration') return { kind: 'duration' }
  if (type === 'bool') return BOOL
  if (type.startsWith('list')) return listOf(type === 'list<string>' ? { kind: 'string' } : DYN)
  if (type.startsWith('map')) return objectOf({}, { open: true })
  if (type.startsWith('optional')) return { kind: 'optional', of: DYN }
  return SCALARS.has(type) ? { kind: type as ScalarKind } : DYN
}

const SCALARS: ReadonlySet<string> = new Set(['null', 'bool', 'int', 'uint', 'double', 'string', 'bytes', 'type'])
