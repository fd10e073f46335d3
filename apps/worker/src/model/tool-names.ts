import { createHash } from 'node:crypto'

/** Names of tools as the protocol takes them (letters, digits, `_`, `-`; at most 64), and back. */
export type ToolNames = {
  toWire(name: string): string
  /** What was not offered stays as the model wrote it, and is no name of a tool. */
  fromWire(wire: string): string
}

const WIRE_LENGTH_MAX = 64
const WIRE = /^[A-Za-z0-9_-]{1,64}$/

/** `offered`: the tools of one request. `docs.search` becomes `docs__search`; a name that is taken gets a hash. */
export function createToolNames(offered: readonly string[]): ToolNames {
  const wires = new Map<string, string>()
  const names = new Map<string, string>()
  for (const name of offered) {
    const plain = plainWire(name)
    const wire = names.has(plain) ? hashed(name) : plain
    wires.set(name, wire)
    names.set(wire, name)
  }
  return {
    // One that is offered no more is still in the conversation.
    toWire: (name) => wires.get(name) ?? plainWire(name),
    fromWire: (wire) => names.get(wire) ?? plainWire(wire),
  }
}

function plainWire(name: string): string {
  if (WIRE.test(name)) return name
  const wire = name.replaceAll('.', '__').replace(/[^A-Za-z0-9_-]/g, '_')
  return wire.length > WIRE_LENGTH_MAX || wire === '' ? hashed(name) : wire
}

function hashed(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, WIRE_LENGTH_MAX - 9)}_${hash}`
}
