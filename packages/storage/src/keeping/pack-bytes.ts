import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { TenantId } from '@treadle/contract'
import type { Sealer } from '../sealing/sealer.ts'
import type { Pack } from './pack.ts'
import { packLines } from './pack-lines.ts'
import { unpackLines } from './unpack-lines.ts'

const deflated = promisify(deflate)
const inflated = promisify(inflate)

/** The lines as they are stored. @throws Error when they cannot be packed, see packLines. */
export async function toBytes(sealer: Sealer, tenant: TenantId, lines: readonly string[]): Promise<Uint8Array> {
  return sealer.sealBytes(tenant, await deflated(JSON.stringify(packLines(lines))))
}

/** @throws Error when the bytes are no pack of ours. */
export async function fromBytes(sealer: Sealer, tenant: TenantId, bytes: Uint8Array): Promise<string[]> {
  const pack = JSON.parse((await inflated(sealer.openBytes(tenant, bytes))).toString()) as Pack
  if (pack.pack !== 1) throw new Error(`A pack of version ${pack.pack} needs a newer version of Treadle.`)
  return unpackLines(pack)
}
