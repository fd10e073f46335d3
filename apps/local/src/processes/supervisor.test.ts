import { expect, test } from 'vitest'
import { createSupervisor } from './supervisor.ts'

const script = (name: string, text: string) => ({ name, command: '/bin/sh', args: ['-c', text], env: process.env })
const idle = (name: string) => script(name, 'while :; do sleep 0.05; done')

function recorded() {
  const messages: string[] = []
  return { messages, supervisor: createSupervisor({ onStop: (message) => messages.push(message) }) }
}

test('everything is ended, the last started first', async () => {
  const { messages, supervisor } = recorded()
  const first = await supervisor.start(idle('first'))
  supervisor.keep({ name: 'second', stop: async () => {} })
  const third = await supervisor.start(idle('third'))
  await supervisor.stopAll()
  expect(messages).toEqual(['Stopping third', 'Stopping second', 'Stopping first'])
  expect([first.exit, third.exit]).toEqual([
    { code: null, signal: 'SIGTERM' },
    { code: null, signal: 'SIGTERM' },
  ])
})

test('one that cannot be stopped does not keep the others alive', async () => {
  const { messages, supervisor } = recorded()
  const child = await supervisor.start(idle('child'))
  supervisor.keep({ name: 'stubborn', stop: () => Promise.reject(new Error('no')) })
  await supervisor.stopAll()
  expect(messages).toContain('stubborn did not stop well: no')
  expect(child.exit).toBeDefined()
})

test('killing does not wait for what is being stopped', async () => {
  const supervisor = createSupervisor()
  const child = await supervisor.start(script('deaf', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'))
  await child.line((line) => line === 'ready' || undefined)
  const stopping = supervisor.stopAll()
  await supervisor.killAll()
  await stopping
  expect(child.exit).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a process that ends by itself is reported, one that was stopped is not', async () => {
  const supervisor = createSupervisor()
  const exits: string[] = []
  supervisor.onUnexpectedExit(({ name }, { code }) => exits.push(`${name} ${code}`))
  const short = await supervisor.start(script('short', 'exit 4'))
  await supervisor.start(idle('long'))
  await short.exited
  await supervisor.stopAll()
  expect(exits).toEqual(['short 4'])
})

test('nothing is started once the end has begun', async () => {
  const supervisor = createSupervisor()
  const starting = supervisor.start(idle('late'))
  const stopping = supervisor.stopAll()
  const child = await starting
  await stopping
  await child.exited
  await expect(supervisor.start(idle('later'))).rejects.toThrow('later is not started: the stack is ending.')
})
