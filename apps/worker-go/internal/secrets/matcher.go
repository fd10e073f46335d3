package secrets

// matcher finds texts in another one: at each place the longest of those that begin there. It never changes once it is built.
type matcher struct {
	first [256]*branch
}

type branch struct {
	next map[byte]*branch
	// name is that of the secret whose form ends here; empty where none does.
	name string
}

func newMatcher(names map[string]string) *matcher {
	m := &matcher{}
	for form, name := range names {
		at := m.first[form[0]]
		if at == nil {
			at = &branch{}
			m.first[form[0]] = at
		}
		for _, c := range []byte(form[1:]) {
			if at.next == nil {
				at.next = map[byte]*branch{}
			}
			if at.next[c] == nil {
				at.next[c] = &branch{}
			}
			at = at.next[c]
		}
		at.name = name
	}
	return m
}

// find gives the first match from an index on: where it begins and ends, and the secret's name; false where there is none.
func (m *matcher) find(text string, from int) (start, end int, name string, found bool) {
	for start = from; start < len(text); start++ {
		at := m.first[text[start]]
		for next := start + 1; at != nil; next++ {
			if at.name != "" {
				end, name = next, at.name
			}
			if next == len(text) {
				break
			}
			at = at.next[text[next]]
		}
		if name != "" {
			return start, end, name, true
		}
	}
	return 0, 0, "", false
}
