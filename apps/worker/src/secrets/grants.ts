import { type RunRef, TreadleError } from '@treadle/contract'
import { jsonOrFile } from '@treadle/contract/settings'

/** Who may use a secret, and for which servers; what is absent is open. */
export type SecretGrant = {
  tenants?: readonly string[]
  /** Stored workflows by name: a document that is posted with a run may take any name, so it is none of them. */
  workflows?: readonly string[]
  /** Hosts that it may be sent to: `api.example.com`, with a port where the URL has one, or `*.example.com`. */
  hosts?: readonly string[]
}

/** By the secret's name. One that is not named here is open to all. */
export type SecretGrants = Readonly<Record<string, SecretGrant>>

/** What a secret is wanted for. `host` as the URL has it, in lower case; absent: it is not sent anywhere by us. */
export type SecretUse = { run: RunRef; host?: string }

/** The name of the stored workflow that a run executes, where it is one. */
export type WorkflowOf = (run: RunRef) => Promise<string | null>

const FIELDS = ['tenants', 'workflows', 'hosts'] as const

/** `text` is the table as JSON, or the path of a file that holds it. @throws Error that completes "TREADLE_GRANTS …". */
export function parseSecretGrants(text: string): SecretGrants {
  const grants = jsonOrFile(text)
  if (!isRecord(grants)) throw new Error('has to be an object: secret name → { tenants, workflows, hosts }')
  for (const [name, grant] of Object.entries(grants)) {
    if (!isRecord(grant)) throw new Error(`has no object for "${name}"`)
    for (const [field, list] of Object.entries(grant)) {
      if (!FIELDS.some((known) => known === field)) throw new Error(`has an unknown field "${field}" for "${name}"`)
      if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) {
        throw new Error(`has no list of texts for "${field}" of "${name}"`)
      }
    }
  }
  return grants as SecretGrants
}

/** Resolves where the secret may be used so. @throws TreadleError `auth` that says what is missing, and never a value */
export function createGrantCheck({ grants, workflowOf }: { grants: SecretGrants; workflowOf: WorkflowOf }) {
  return async (name: string, { run, host }: SecretUse): Promise<void> => {
    const grant = Object.hasOwn(grants, name) ? grants[name] : undefined
    if (!grant) return
    const refuse = (to: string) => {
      throw new TreadleError('auth', `The secret ${name} is not granted ${to}: the operator says so in TREADLE_GRANTS.`)
    }
    if (grant.tenants && !grant.tenants.includes(run.tenant)) refuse('to this tenant')
    if (grant.hosts && host !== undefined && !grant.hosts.some((pattern) => fits(pattern, host))) {
      refuse(`to be sent to ${host}`)
    }
    if (!grant.workflows) return
    const workflow = await workflowOf(run)
    if (workflow === null) refuse('to documents that are posted with a run, only to stored workflows')
    else if (!grant.workflows.includes(workflow)) refuse(`to the workflow ${workflow}`)
  }
}

function fits(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase()
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
