/**
 * Follows a text and tells how much of its end could be the beginning of one of the patterns (Aho-Corasick): what a
 * stream has to hold back until it knows more. One step a character, however many patterns there are.
 */
export type PrefixTracker = {
  /** Goes on by `text`; gives the number of UTF-16 units at the end that may begin a pattern. */
  advance(text: string): number
}

type State = { depth: number; next: Map<string, State>; fallback?: State }

export function createPrefixTracker(patterns: readonly string[]): () => PrefixTracker {
  const root = buildTrie(patterns)
  linkFallbacks(root)
  return () => {
    let state = root
    return {
      advance(text) {
        // By UTF-16 units, as patterns are: offsets into the text stay plain indexes.
        for (let i = 0; i < text.length; i++) state = step(state, text.charAt(i), root)
        return state.depth
      },
    }
  }
}

function buildTrie(patterns: readonly string[]): State {
  const root: State = { depth: 0, next: new Map() }
  for (const pattern of patterns) {
    let state = root
    // A whole pattern need not be held: the last character leads back.
    for (let i = 0; i < pattern.length - 1; i++) {
      const known = state.next.get(pattern.charAt(i)) ?? { depth: state.depth + 1, next: new Map() }
      state.next.set(pattern.charAt(i), known)
      state = known
    }
  }
  return root
}

/** Breadth first, so that the fallback of a state is complete before its children need it. */
function linkFallbacks(root: State): void {
  const queue = [root]
  for (const state of queue) {
    for (const [character, child] of state.next) {
      child.fallback = state === root ? root : step(state.fallback ?? root, character, root)
      queue.push(child)
    }
  }
}

function step(from: State, character: string, root: State): State {
  for (let state: State | undefined = from; state; state = state.fallback) {
    const next = state.next.get(character)
    if (next) return next
  }
  return root
}
