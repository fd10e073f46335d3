import { join } from 'node:path'
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core'
import { root } from './environment.mjs'

/** Holds openapi.yaml to the linter's recommended rules, warnings included; shows what it finds. Resolves to whether that is nothing. */
export async function lintOpenapi() {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      // By default the rule closes every schema, and so refuses what our schemas leave open on purpose.
      'no-invalid-schema-examples': { severity: 'error', allowAdditionalProperties: true },
      'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: true },
    },
  })
  const problems = await lint({ ref: join(root, 'openapi.yaml'), config })
  if (problems.length === 0) return true
  formatProblems(problems, { format: 'codeframe', cwd: root, totals: getTotals(problems), version: '' })
  return false
}
