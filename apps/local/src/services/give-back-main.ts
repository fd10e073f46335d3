/**
 * Preloaded into the services of `npm start` (`node --import`), in each of their threads. What a burst of runs leaves in V8's heap stays there
 * until V8 wants the room, which on a person's machine with much memory is late. So it is collected as soon as nothing is done any more.
 * Where services have machines of their own nobody needs it.
 */
import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'
import vm from 'node:vm'

const CHECK_MS = 1_000
/** Share of the time since the last look in which something was done. */
const IDLE_AT_MOST = 0.05
/** Less is not worth the tens of milliseconds that a collection takes. */
const GARBAGE_BYTES_MIN = 16 * 1024 * 1024

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

const used = () => v8.getHeapStatistics().used_heap_size
let before = performance.eventLoopUtilization()
let usedAtLeast = used()

setInterval(() => {
  const now = performance.eventLoopUtilization()
  const { utilization } = performance.eventLoopUtilization(now, before)
  before = now
  const usedNow = used()
  usedAtLeast = Math.min(usedAtLeast, usedNow)
  if (utilization > IDLE_AT_MOST || usedNow < usedAtLeast + GARBAGE_BYTES_MIN) return
  collect()
  usedAtLeast = used()
}, CHECK_MS).unref()
