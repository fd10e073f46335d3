// The scripted model as a process of its own, for stacks of containers without a key.
import { startScriptedModel } from './scripted/scripted-model.ts'
import { readModelConfig } from './service-config.ts'

const model = await startScriptedModel(readModelConfig(process.env))
console.log(`The scripted model serves at ${model.baseUrl}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void model.close())
