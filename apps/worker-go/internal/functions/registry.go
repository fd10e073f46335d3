// Package functions knows the functions that a program has registered, and what each is given beside its argument.
package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

// Entry is one registered function.
type Entry struct {
	Name        string
	Description string
	// Input and Output are JSON Schemas of the one argument and of the result; both are checked at every call.
	Input, Output []byte
	// Secrets are the names of those that it may ask for.
	Secrets []string
	// Call gives the result as encoding/json made it.
	Call func(ctx context.Context, args json.RawMessage) (json.RawMessage, error)
}

// Registry has the functions of a process, by name. Safe for use by several goroutines.
type Registry struct {
	mu      sync.RWMutex
	entries map[string]*Entry
}

// NewRegistry makes an empty one.
func NewRegistry() *Registry { return &Registry{entries: map[string]*Entry{}} }

var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,127}$`)

// Add registers a function. The error says that the name is taken, or is none.
func (r *Registry) Add(entry *Entry) error {
	if !name.MatchString(entry.Name) {
		return fmt.Errorf("%q cannot be the name of a function: it has to fit %s", entry.Name, name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entries[entry.Name] != nil {
		return fmt.Errorf("two functions are registered as %q: rename one of them", entry.Name)
	}
	r.entries[entry.Name] = entry
	return nil
}

// Find gives a function; nil where there is none of that name.
func (r *Registry) Find(name string) *Entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.entries[name]
}

// Names gives those of all functions, sorted.
func (r *Registry) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.entries))
	for name := range r.entries {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
