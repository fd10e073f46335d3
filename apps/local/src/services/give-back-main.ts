/**
 * Preloaded into the services of `npm start` (`node --import`), in each of their threads. What a burst of runs leaves in V8's heap stays there
 * until V8 wants the room, which on a person's machine with much memory is late; and what V8 has collected it keeps for the next burst: half
 * empty pages, and up to 32 MiB a thread for what is new. So all of it is given back as soon as nothing is done any more. Where services have
 * machines of their own nobody needs it.
 */
import { Session } from 'node:inspector'
import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'

const CHECK_MS = 1_000
/** Share of the time since the last look in which something was done. What a service does for itself, polling and looking, is less. */
const IDLE_AT_MOST = 0.02
/** In a row, so that a pause between two runs of a person's is not taken for the end of the work. */
const IDLE_LOOKS = 2
/** Less is not worth the hundred milliseconds that giving back takes. */
const GROWN_BYTES_MIN = 16 * 1024 * 1024

const held = () => v8.getHeapStatistics().total_heap_size
let before = performance.eventLoopUtilization()
let idleLooks = 0
let heldAtLeast = held()

setInterval(() => {
  const now = performance.eventLoopUtilization()
  const { utilization } = performance.eventLoopUtilization(now, before)
  before = now
  idleLooks = utilization > IDLE_AT_MOST ? 0 : idleLooks + 1
  const heldNow = held()
  heldAtLeast = Math.min(heldAtLeast, heldNow)
  if (idleLooks < IDLE_LOOKS || heldNow < heldAtLeast + GROWN_BYTES_MIN) return
  heldAtLeast = heldNow // Until it is known what is left: a second collection would find nothing.
  giveBack()
}, CHECK_MS).unref()

/** What `gc()` and any other collection does not do: V8 compacts all pages, takes the room for what is new down to the least, and unmaps the rest. */
function giveBack(): void {
  const session = new Session()
  session.connect()
  session.post('HeapProfiler.collectGarbage', () => {
    heldAtLeast = held()
    setImmediate(() => session.disconnect()) // The answer comes while the session is locked: to disconnect here would wait for itself.
  })
}
