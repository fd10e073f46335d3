import type { RunRef } from '@treadle/contract'
import { expect, test } from 'vitest'
import { createGrantCheck, parseSecretGrants, type SecretGrant, type SecretUse } from './grants.ts'

const run: RunRef = { id: 'run_1', tenant: 'acme', createdAt: '2026-11-26T00:00:00.000Z' }
const at = (host: string): SecretUse => ({ run, host })

test('a secret without a grant is open', () => check(undefined, at('anywhere.example'), undefined))
test('a grant to tenants is for those', async () => {
  await check({ tenants: ['acme'] }, at('a.example'), undefined)
  await check({ tenants: ['other'] }, at('a.example'), 'to this tenant')
})
test('a grant to hosts is for those, ports and subdomains told apart', async () => {
  const hosts = ['crm.example.com', 'local.example:8443', '*.trusted.example']
  await check({ hosts }, at('crm.example.com'), undefined)
  await check({ hosts }, at('local.example:8443'), undefined)
  await check({ hosts }, at('a.b.trusted.example'), undefined)
  await check({ hosts }, { run }, undefined)
  for (const host of [
    'evil.example',
    'crm.example.com:81',
    'local.example',
    'trusted.example',
    'crm.example.com.evil.example',
    'eviltrusted.example',
  ])
    await check({ hosts }, at(host), `to be sent to ${host}`)
})
test('a grant to workflows is for stored ones of that name', async () => {
  await check({ workflows: ['triage'] }, { run }, undefined, 'triage')
  await check({ workflows: ['triage'] }, { run }, 'to the workflow other', 'other')
  await check({ workflows: ['triage'] }, { run }, 'to documents that are posted', null)
})
test('all of a grant has to hold', () =>
  check(
    { tenants: ['acme'], hosts: ['a.example'], workflows: ['triage'] },
    at('a.example'),
    'to the workflow other',
    'other',
  ))

test.each([
  ['{"A":1}', 'no object for "A"'],
  ['{"A":{"host":["a"]}}', 'unknown field "host"'],
  ['{"A":{"hosts":"a"}}', 'no list of texts for "hosts"'],
  ['{"A"', 'neither JSON'],
  ['/nowhere.json', 'ENOENT'],
])('the table %s is refused', (text, message) => {
  expect(() => parseSecretGrants(text)).toThrow(message)
})

async function check(
  grant: SecretGrant | undefined,
  use: SecretUse,
  refusal: string | undefined,
  workflow: string | null = null,
) {
  const checkGrant = createGrantCheck({ grants: grant ? { KEY: grant } : {}, workflowOf: async () => workflow })
  const checked = checkGrant('KEY', use)
  if (refusal === undefined) await expect(checked).resolves.toBeUndefined()
  else await expect(checked).rejects.toMatchObject({ type: 'auth', message: expect.stringContaining(refusal) })
}
