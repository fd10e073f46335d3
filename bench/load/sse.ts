export type SseEvent = { type: string; data: string }

/** Cuts a text that comes in pieces into server-sent events of one line of data each; comments are left out. */
export function createSseReader(onEvent: (event: SseEvent) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    rest += text
    let start = 0
    for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n', start)) {
      const event = parseFrame(rest.slice(start, end))
      start = end + 2
      if (event) onEvent(event)
    }
    rest = rest.slice(start)
  }
}

function parseFrame(frame: string): SseEvent | undefined {
  let type = 'message'
  let data: string | undefined
  for (const line of frame.split('\n')) {
    if (line.startsWith('event: ')) type = line.slice('event: '.length)
    else if (line.startsWith('data: ')) data = line.slice('data: '.length)
  }
  return data === undefined ? undefined : { type, data }
}
