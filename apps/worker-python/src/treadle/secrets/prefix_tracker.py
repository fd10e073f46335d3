"""Follows a text and tells how much of its end could be the beginning of a pattern (Aho-Corasick)."""

from collections.abc import Iterable


class _State:
    __slots__ = ("depth", "fallback", "next")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.next: dict[str, _State] = {}
        self.fallback: _State | None = None


class PrefixTrie:
    """The patterns of a redactor, without their last characters: a whole pattern need not be held back."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.root = _State(0)
        self.longest = 0
        for pattern in patterns:
            self.longest = max(self.longest, len(pattern))
            state = self.root
            for character in pattern[:-1]:
                state = state.next.setdefault(character, _State(state.depth + 1))
        self._link()

    def step(self, state: _State | None, character: str) -> _State:
        """One character on: the longest end of the text that begins a pattern."""
        while state is not None:
            if character in state.next:
                return state.next[character]
            state = state.fallback
        return self.root

    def _link(self) -> None:
        """Breadth first, so that the fallback of a state is complete before its children need it."""
        queue = [self.root]
        for state in queue:
            for character, child in state.next.items():
                child.fallback = self.root if state is self.root else self.step(state.fallback, character)
                queue.append(child)


class PrefixTracker:
    """One text that is followed."""

    def __init__(self, trie: PrefixTrie) -> None:
        self._trie = trie
        self._state = trie.root

    def advance(self, text: str) -> int:
        """Goes on by ``text``; gives the number of characters at the end that may begin a pattern."""
        step, state, longest = self._trie.step, self._state, self._trie.longest
        if len(text) > longest:  # What is further from the end begins nothing that could go on after it.
            text, state = text[len(text) - longest :], self._trie.root
        for character in text:
            state = step(state, character)
        self._state = state
        return state.depth
