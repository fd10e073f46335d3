import { startEmpty, startProxy } from '../sides/floors.ts'
import { startHandWritten } from '../sides/hand-written.ts'
import type { Side } from '../sides/side.ts'
import { startTreadle } from '../sides/treadle.ts'
import { type LoadClient, startLoadClient } from './load-client.ts'
import { type Servers, startServers } from './servers.ts'

const starters = { treadle: startTreadle, handWritten: startHandWritten, proxy: startProxy, empty: startEmpty }

export type SideName = keyof typeof starters

/** The servers, the sides and the load client: each is started when it is first asked for, and lives until `stop`. */
export type Bed = {
  servers(): Promise<Servers>
  side(name: SideName): Promise<Side>
  load(): Promise<LoadClient>
  /** Of the servers; undefined as long as no case needed them. */
  versions(): Promise<string | undefined>
  stop(): Promise<void>
}

export function createBed(): Bed {
  let servers: Promise<Servers> | undefined
  let load: Promise<LoadClient> | undefined
  const sides = new Map<SideName, Promise<Side>>()
  const serversOnce = () => {
    servers ??= startServers()
    return servers
  }
  return {
    servers: serversOnce,
    side(name) {
      const side = sides.get(name) ?? serversOnce().then((started) => starters[name](started))
      sides.set(name, side)
      return side
    },
    load() {
      load ??= startLoadClient()
      return load
    },
    versions: async () => (await servers)?.versions,
    async stop() {
      await (await load?.catch(() => undefined))?.stop()
      await (await servers?.catch(() => undefined))?.stop()
    },
  }
}
