import { parseSource } from '../dist/engine/parse-source.js'
import { startWork } from '../dist/engine/work.js'
import { parseExpression } from '../dist/index.js'
import * as celJs from './engine-cel-js.mjs'
import { createMeasure } from './measure.mjs'

export const name = 'packages/expressions'

/** As the interpreter uses it: the scope is JSON, and so is the result. */
export function prepare(source) {
  const parsed = parseExpression(source)
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  return (scope) => parsed.expression.evaluate(scope)
}

export const bind = (scope) => scope

/** Without the conversion of the result to JSON, which refuses some of what the conformance cases give. */
export function prepareRaw(source) {
  const parsed = parseSource(source)
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  return (variables) => {
    startWork()
    return parsed.program.run(new Map(Object.entries(variables)))
  }
}

export const foreign = celJs.foreign

export const measure = createMeasure({ prepare, bind })
