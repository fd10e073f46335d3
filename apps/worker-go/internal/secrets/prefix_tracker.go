package secrets

// prefixTracker follows a text and tells how much of its end could be the beginning of one of the forms (Aho-Corasick): what a stream
// has to hold back until it knows more. One step a byte, however many forms there are.
type prefixTracker struct {
	root, state *prefix
}

type prefix struct {
	depth    int
	next     map[byte]*prefix
	fallback *prefix
}

// newPrefixes builds what trackers walk on; it never changes after that.
func newPrefixes(names map[string]string) *prefix {
	root := &prefix{next: map[byte]*prefix{}}
	for form := range names {
		state := root
		// A whole form need not be held: its last byte leads back.
		for i := 0; i < len(form)-1; i++ {
			if state.next[form[i]] == nil {
				state.next[form[i]] = &prefix{depth: state.depth + 1, next: map[byte]*prefix{}}
			}
			state = state.next[form[i]]
		}
	}
	// Breadth first, so that the fallback of a state is complete before its children need it.
	for queue := []*prefix{root}; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		for c, child := range state.next {
			child.fallback = root
			if state != root {
				child.fallback = step(state.fallback, c, root)
			}
			queue = append(queue, child)
		}
	}
	return root
}

// advance goes on by a text and gives the number of bytes at its end that may begin a form.
func (t *prefixTracker) advance(text string) int {
	for i := 0; i < len(text); i++ {
		t.state = step(t.state, text[i], t.root)
	}
	return t.state.depth
}

func step(from *prefix, c byte, root *prefix) *prefix {
	for state := from; state != nil; state = state.fallback {
		if next := state.next[c]; next != nil {
			return next
		}
	}
	return root
}
