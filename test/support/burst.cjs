// A thread that holds much for a moment, then nothing, and tells four times a second how many MiB V8 has taken for its heap.
const v8 = require('node:v8')
const { parentPort } = require('node:worker_threads')

const tell = () => parentPort.postMessage(v8.getHeapStatistics().total_heap_size / 2 ** 20)
const held = { objects: Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `x${index}` })) }
tell()
held.objects = []
setInterval(tell, 250)
