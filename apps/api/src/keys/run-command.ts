import type { ApiKeyRow, KeyAdmin } from '@treadle/storage'
import { newApiKey } from '../auth/api-key.ts'
import type { KeyCommand } from './arguments.ts'

/** What a command prints. A key is printed once, when it is made: nobody can read it from what is stored. */
export async function runKeyCommand(command: KeyCommand, admin: KeyAdmin): Promise<string[]> {
  switch (command.name) {
    case 'create': {
      const { tenant, label, scopes, validMs, isOnce } = command
      const known = isOnce ? (await admin.list(tenant)).filter(isGood).find(({ name }) => name === label) : undefined
      if (known) return [line(known)]
      return made(await add(admin, { tenant, name: label, scopes, validMs }))
    }
    case 'list':
      return (await admin.list(command.tenant)).map(line)
    case 'revoke':
      if (!(await admin.end(command.id, 0))) throw new Error(`There is no good key ${command.id}.`)
      return [`The key ${command.id} is refused from now on, within 10 s by every API process.`]
    case 'rotate': {
      const old = await admin.get(command.id)
      // A key that has ended is not brought back by a new one.
      if (!old || !(await admin.end(command.id, Math.max(command.graceMs, 1)))) {
        throw new Error(`There is no good key ${command.id}.`)
      }
      const { tenant, name, scopes } = old
      return made(await add(admin, { tenant, name, scopes, validMs: command.validMs }))
    }
    case 'quota':
      await admin.setQuota(command.tenant, command)
      return [`The quota of ${command.tenant} is set, and in effect within 10 s.`]
  }
}

const isGood = ({ expiresAt, revokedAt }: ApiKeyRow): boolean =>
  revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > Date.now())

type New = { tenant: string; name: string; scopes: readonly string[]; validMs: number | undefined }

async function add(admin: KeyAdmin, key: New): Promise<{ row: ApiKeyRow; key: string }> {
  const { id, key: secret, secretSha256 } = newApiKey()
  return { row: await admin.add({ id, secretSha256, ...key }), key: secret }
}

const made = ({ row, key }: { row: ApiKeyRow; key: string }): string[] => [line(row), key]

const line = ({ id, tenant, name, scopes, expiresAt, revokedAt, lastUsedAt }: ApiKeyRow): string =>
  [
    `tk_${id}_…`,
    tenant,
    name,
    scopes.join(','),
    revokedAt !== undefined ? `revoked ${revokedAt}` : `expires ${expiresAt ?? 'never'}`,
    `used ${lastUsedAt ?? 'never'}`,
  ].join('  ')
