// Package secrets gives out the values of secrets, and keeps them out of everything that leaves an execution.
package secrets

import (
	"strings"
	"sync"
	"sync/atomic"

	"treadle.dev/treadle/internal/jsonvalue"
)

// Redactor replaces the values of secrets, in any of their forms, by `[secret NAME]`. What is added later is known to every text that
// comes after it. Safe for use by several goroutines.
type Redactor struct {
	adding sync.Mutex
	known  atomic.Pointer[knownForms]
}

type knownForms struct {
	names    map[string]string
	matcher  *matcher
	prefixes *prefix
}

// NewRedactor makes one that knows no secret yet.
func NewRedactor() *Redactor {
	r := &Redactor{}
	r.know(map[string]string{})
	return r
}

func (r *Redactor) know(names map[string]string) {
	r.known.Store(&knownForms{names: names, matcher: newMatcher(names), prefixes: newPrefixes(names)})
}

// Add makes the value of a secret known. A repeat changes nothing.
func (r *Redactor) Add(name, value string) {
	r.adding.Lock()
	defer r.adding.Unlock()
	known := r.known.Load().names
	var fresh []string
	for _, form := range formsOf(value) {
		if _, has := known[form]; form != "" && !has {
			fresh = append(fresh, form)
		}
	}
	if len(fresh) == 0 {
		return
	}
	names := make(map[string]string, len(known)+len(fresh))
	for form, of := range known {
		names[form] = of
	}
	for _, form := range fresh {
		names[form] = name
	}
	r.know(names)
}

// Text gives the text without secrets.
func (r *Redactor) Text(text string) string { return r.known.Load().redact(text) }

func (k *knownForms) redact(text string) string {
	start, end, name, found := k.matcher.find(text, 0)
	if !found {
		return text
	}
	var clean strings.Builder
	from := 0
	for ; found; start, end, name, found = k.matcher.find(text, from) {
		clean.WriteString(text[from:start])
		clean.WriteString("[secret " + name + "]")
		from = end
	}
	clean.WriteString(text[from:])
	return clean.String()
}

// JSON gives the value with every string in it redacted, keys too; the value itself where nothing was found.
func (r *Redactor) JSON(value jsonvalue.Value) jsonvalue.Value {
	known := r.known.Load()
	if len(known.names) == 0 {
		return value
	}
	if _, _, _, found := known.matcher.find(jsonvalue.Text(value), 0); !found {
		return value
	}
	return jsonvalue.MapStrings(value, known.redact)
}

// Stream is for text that comes in pieces: a secret that is cut in two is found too.
func (r *Redactor) Stream() *TextStream {
	prefixes := r.known.Load().prefixes
	return &TextStream{redactor: r, tracker: prefixTracker{root: prefixes, state: prefixes}}
}

// TextStream redacts a text in pieces. For one goroutine at a time.
type TextStream struct {
	redactor *Redactor
	tracker  prefixTracker
	// half is the first half of a surrogate pair, whose other one may come next.
	half string
	held string
}

// Push takes the next piece and gives what may be shown by now.
func (s *TextStream) Push(piece string) string {
	piece = jsonvalue.Join(s.half + piece)
	s.half = ""
	if jsonvalue.EndsInHalf(piece) {
		piece, s.half = piece[:len(piece)-3], piece[len(piece)-3:]
	}
	hold := s.tracker.advance(piece)
	all := s.held + piece
	known := s.redactor.known.Load()
	cut := known.safeCut(all, len(all)-hold)
	s.held = all[cut:]
	return known.redact(all[:cut])
}

// End gives the rest.
func (s *TextStream) End() string {
	rest := s.redactor.Text(s.held + s.half)
	s.held, s.half = "", ""
	return rest
}

// safeCut gives the place before the given one where no match is cut in two.
func (k *knownForms) safeCut(text string, at int) int {
	if at == len(text) {
		return at
	}
	for start, end, _, found := k.matcher.find(text, 0); found && start < at; start, end, _, found = k.matcher.find(text, end) {
		if end > at {
			return start
		}
	}
	return at
}
