import { type CelType, DYN, describeType, unionOf } from './cel-type.ts'
import { judge } from './overloads.ts'
import type { Report } from './report.ts'

/**
 * The type of what a function gives.
 * @param on the type of the receiver, or the name of a namespace (`json`, `optional`); undefined for a plain function
 */
export function typeOfCall(name: string, on: CelType | string | undefined, args: CelType[], report: Report): CelType {
  if (typeof on === 'object') {
    const known = typeOfOptionalMethod(name, on, args)
    if (known) return known
  }
  if (on === 'optional') return { kind: 'optional', of: args[0] ?? DYN }

  const verdict =
    typeof on === 'object'
      ? judge([on, ...args], (receiver, ...names) => `${receiver}.${name}(${names.join()})`)
      : judge(args, (...names) => `${on === undefined ? '' : `${on}.`}${name}(${names.join()})`)
  if (verdict.fits) return verdict.type
  if (verdict.onlyNull) report({ code: 'maybe-missing', message: `this may be null; ${name}() takes no null` })
  else report({ code: 'type', message: misfit(name, on, verdict.operands) })
  return DYN
}

/** The library's optionals are of any type; ours keep what is inside. */
function typeOfOptionalMethod(name: string, on: CelType, [arg = DYN]: CelType[]): CelType | undefined {
  if (on.kind !== 'optional') return undefined
  if (name === 'value') return on.of
  if (name === 'orValue') return unionOf(on.of, arg)
  if (name === 'or') return { kind: 'optional', of: unionOf(on.of, arg.kind === 'optional' ? arg.of : arg) }
  return undefined
}

function misfit(name: string, on: CelType | string | undefined, operands: CelType[]): string {
  const args = typeof on === 'object' ? operands.slice(1) : operands
  const given = args.length > 0 ? `(${args.map(describeType).join(', ')})` : 'no arguments'
  return `${name}() does not take ${given}${typeof on === 'object' ? ` on ${describeType(on)}` : ''}`
}
