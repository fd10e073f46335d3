/** Does nothing: what is left is what a start, a dispatch and a result cost. */
export async function empty(): Promise<string> {
  return 'done'
}
