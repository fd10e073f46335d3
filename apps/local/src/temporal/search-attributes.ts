import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '@temporalio/client'
import { SEARCH_ATTRIBUTES } from '@treadle/contract'
import { ClearError, messageOf } from '../clear-error.ts'

/**
 * Creates the search attributes that runs carry, where they are missing, and waits until queries may use them.
 * Through the operator API: the dev server ignores `--search-attribute` when its database file exists already.
 */
export async function ensureSearchAttributes(
  { operatorService, workflowService }: Pick<Connection, 'operatorService' | 'workflowService'>,
  { namespace = 'default' }: { namespace?: string } = {},
): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
  const missing = Object.entries(INDEXED_TYPES).filter(([name]) => !Object.hasOwn(customAttributes ?? {}, name))
  if (missing.length > 0) {
    await operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) })
  }

  // The frontend reads the namespace anew only every few seconds; a run that starts before would be refused.
  const query = Object.keys(SEARCH_ATTRIBUTES)
    .map((name) => `${name} IS NULL`)
    .join(' AND ')
  const deadline = performance.now() + USABLE_TIMEOUT_MS
  for (;;) {
    try {
      await workflowService.countWorkflowExecutions({ namespace, query })
      return
    } catch (error) {
      if (performance.now() > deadline) {
        throw new ClearError(`Temporal does not take up the search attributes of Treadle: ${messageOf(error)}`)
      }
    }
    await delay(50)
  }
}

const USABLE_TIMEOUT_MS = 30_000

/** Temporal's own numbers of these types (`temporal.api.enums.v1.IndexedValueType`). */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, KEYWORD_LIST: 7 } as const

/** The search attributes by name, with those numbers: what `addSearchAttributes` takes. */
export const INDEXED_TYPES = Object.fromEntries(
  Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]]),
)
