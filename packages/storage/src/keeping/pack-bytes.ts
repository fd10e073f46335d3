import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { TenantId } from '@treadle/contract'
import type { Pack } from './pack.ts'
import { packLines } from './pack-lines.ts'
import { unpackLines } from './unpack-lines.ts'

/** What is put around the bytes of packs, wherever they lie: encryption at rest. What is sealed can be opened for ever. */
export type PackSeal = {
  seal(tenant: TenantId, bytes: Uint8Array): Promise<Uint8Array>
  open(tenant: TenantId, bytes: Uint8Array): Promise<Uint8Array>
}

export const NO_SEAL: PackSeal = { seal: async (_, bytes) => bytes, open: async (_, bytes) => bytes }

const deflated = promisify(deflate)
const inflated = promisify(inflate)

/** The lines as they are stored. @throws Error when they cannot be packed, see packLines. */
export async function toBytes(seal: PackSeal, tenant: TenantId, lines: readonly string[]): Promise<Uint8Array> {
  return seal.seal(tenant, await deflated(JSON.stringify(packLines(lines))))
}

/** @throws Error when the bytes are no pack of ours. */
export async function fromBytes(seal: PackSeal, tenant: TenantId, bytes: Uint8Array): Promise<string[]> {
  const pack = JSON.parse((await inflated(await seal.open(tenant, bytes))).toString()) as Pack
  if (pack.pack !== 1) throw new Error(`A pack of version ${pack.pack} needs a newer version of Treadle.`)
  return unpackLines(pack)
}
