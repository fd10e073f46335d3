import type { Json, JsonSchema, Path, Plan, ProblemError } from '@treadle/contract'
import type { PointRow } from '@treadle/storage'
import { type PathPlace, placeOfPath } from '@treadle/translator'
import type { CheckValue } from '../runs/check-value.ts'

/** An agent's calls show themselves as nodes of these kinds. */
const CALL_KINDS = { model: 'llm', tool: 'tool', approval: 'receive' } as const

/** What of the points has no place in the plan any more. */
export const pointsThatDoNotFit = (plan: Plan, points: readonly PointRow[]): ProblemError[] =>
  points.flatMap(({ path, kind }) => {
    const place = placeOfPath(plan, path)
    if (!place.ok)
      return finding('/ir', 'taken-over-node', `the run has the output of \`${path}\`, and here ${place.why}`)
    const node = plan.nodes[place.index]
    const expected = kindAt(plan, place)
    if (kind === undefined || kind === expected) return []
    const what = `the run has the output of \`${path}\` as of a node of the kind \`${kind}\`, and here it is \`${expected}\``
    return finding(`/ir${node?.pointer}`, 'taken-over-kind', what)
  })

/** What of the outputs that are given has no place in the plan, or does not fit its node's `outputSchema`. */
export function givenThatDoNotFit(plan: Plan, given: Record<Path, Json>, checkValue: CheckValue): ProblemError[] {
  return Object.entries(given).flatMap(([path, output]) => {
    const at = `/outputs/${path.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const place = placeOfPath(plan, path)
    if (!place.ok) return finding(at, 'unknown-path', `names no execution of a node: ${place.why}`)
    if (place.call === 'model')
      return finding(
        at,
        'unknown-path',
        'is a model call of an agent, whose answer stands in its transcript too: fork from before it',
      )
    return checkValue(outputSchemaAt(plan, place), output).map((error) => ({ ...error, path: `${at}${error.path}` }))
  })
}

/** What an output has to fit that is taken over. */
export function outputSchemaAt(plan: Plan, place: PathPlace): JsonSchema | undefined {
  if (!place.ok || place.call !== undefined) return undefined
  const schema = plan.nodes[place.index]?.outputSchema
  return schema === undefined ? undefined : plan.schemas[schema]
}

export function kindAt(plan: Plan, place: PathPlace): string {
  if (!place.ok) return ''
  return place.call === undefined ? (plan.nodes[place.index]?.kind ?? '') : CALL_KINDS[place.call]
}

const finding = (path: string, code: string, message: string): ProblemError[] => [{ path, code, message }]
