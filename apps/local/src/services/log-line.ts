/** The fields of a line of a structured log whose message is `message`; undefined for any other line. */
export function logLine(line: string, message: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const fields = JSON.parse(line) as Record<string, unknown>
    return fields.msg === message ? fields : undefined
  } catch {
    return undefined // A line that only looks like one, such as half of an object printed by a library.
  }
}
