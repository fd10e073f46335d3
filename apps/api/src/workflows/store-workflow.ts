import type { Json, TenantId } from '@treadle/contract'
import type { NewWorkflowVersion, PutWorkflowResult, WorkflowStore } from '@treadle/storage'
import type { Translation } from '@treadle/translator'
import { crashPoint } from '../crash-points.ts'
import { refusal } from '../documents/compile-document.ts'
import { canonicalJson, sha256 } from '../http/canonical-json.ts'
import { problem } from '../http/problem.ts'
import { readJson } from '../http/read-json.ts'
import { readYaml } from '../http/read-yaml.ts'
import { createPutBlob, type PutBlobParts } from '../runs/put-blob.ts'

export type StoreWorkflowCommand = {
  tenant: TenantId
  name: string
  /** The document as it was sent, and what was made of it. */
  text: string
  translated: Translation
} & Pick<NewWorkflowVersion, 'labels' | 'mayChange'>

/**
 * Stores a document as the newest version of a workflow, unless the workflow has it already. Safe to repeat.
 * @throws ProblemAnswer `invalid-ir` for a document that could not be started either, or has another name.
 */
export const createStoreWorkflow =
  (parts: PutBlobParts & { workflows: Pick<WorkflowStore, 'put'> }) =>
  async ({ tenant, name, text, translated, labels, mayChange }: StoreWorkflowCommand): Promise<PutWorkflowResult> => {
    const { plan, planHash, blobs = [], diagnostics } = translated
    if (!plan || planHash === undefined) throw refusal(diagnostics, '')
    if (plan.name !== name) throw otherName(name, plan.name)

    const putBlob = createPutBlob(parts, tenant)
    for (const { json } of blobs) await putBlob(json)
    const document = documentOf(text)
    crashPoint('workflow.checked')
    const result = await parts.workflows.put(tenant, {
      name,
      description: descriptionOf(document),
      document,
      documentSha256: sha256(canonicalJson(document)),
      plan: { hash: planHash, plan },
      blobs,
      labels,
      mayChange,
    })
    crashPoint('workflow.stored')
    return result
  }

/** As the translator tells the two apart. */
const documentOf = (text: string): Json => (/^\ufeff?\s*[{[]/.test(text) ? readJson(text) : readYaml(text))

function descriptionOf(document: Json): string | undefined {
  const { description } = document as { description?: unknown }
  return typeof description === 'string' ? description.replaceAll('\0', '') : undefined
}

function otherName(wanted: string, found: string) {
  const message = `is ${JSON.stringify(found)}, and the workflow’s name is ${JSON.stringify(wanted)}`
  return problem('invalid-ir', `The document’s name ${message}.`, {
    errors: [{ path: '/name', code: 'other-name', message }],
  })
}
