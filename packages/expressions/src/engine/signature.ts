/** Reads `receiver.name(params): result`, in the library's notation. */
export function parseSignature(signature: string) {
  const [, receiver, name = '', params = '', result = 'dyn'] = SIGNATURE.exec(signature) ?? []
  return { receiver, name, params: params.split(', ').filter(Boolean), result }
}

const SIGNATURE = /^(?:([\w.<>]+)\.)?(\w+)\((.*)\): (.+)$/
