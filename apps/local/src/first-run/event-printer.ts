import type { EventEnvelope } from '@treadle/contract'

/**
 * Shows a run to a person: a line for each thing that happens, and the text of a model as it comes, in one line for
 * each stretch of the same node.
 */
export function createEventPrinter(write: (text: string) => void): (event: EventEnvelope) => void {
  let speaking: string | undefined
  const line = (text: string) => {
    if (speaking !== undefined) write('\n')
    speaking = undefined
    write(`  ${text}\n`)
  }
  const speak = (node: string, text: string) => {
    if (speaking !== node) {
      if (speaking !== undefined) write('\n')
      write(`  ${node} » `)
      speaking = node
    }
    write(text)
  }
  return ({ seq, type, node, data }) => {
    if (type === 'node.delta') {
      if (node !== undefined && typeof data.text === 'string') speak(node, data.text)
      return
    }
    const details = type === 'node.completed' ? ` ${shorten(JSON.stringify(data.output ?? null))}` : ''
    line(`${String(seq).padStart(3)}  ${type}${node === undefined ? '' : ` ${node}`}${details}`)
  }
}

const DETAIL_CHARACTERS = 80

const shorten = (text: string) => (text.length <= DETAIL_CHARACTERS ? text : `${text.slice(0, DETAIL_CHARACTERS)}…`)
