// A thread as Temporal's SDK has them: workflow code in a context of its own, scopes kept by AsyncLocalStorage, a hook on promises. Tells what
// the scope is behind two `await`s, and how many promises the hook saw.
const { AsyncLocalStorage } = require('node:async_hooks')
const v8 = require('node:v8')
const vm = require('node:vm')
const { parentPort } = require('node:worker_threads')

let noted = 0
const note = () => {
  noted += 1
}
v8.promiseHooks.createHook({ init: note })
const scopes = new AsyncLocalStorage()
const context = vm.createContext({ scopes }, { microtaskMode: 'afterEvaluate' })
vm.runInContext(
  `scopes.run('inner', async () => {
    await 0
    await new Promise((resolve) => { globalThis.goOn = resolve })
    globalThis.scope = scopes.getStore()
  })`,
  context,
)
vm.runInContext('goOn()', context)
parentPort.postMessage({ scope: context.scope, noted })
