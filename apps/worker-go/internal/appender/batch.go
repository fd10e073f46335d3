package appender

import "treadle.dev/treadle/internal/contract"

const (
	entriesMax    = 200
	batchBytesMax = 1024 * 1024
)

// batch holds the calls that travel in one statement. In it every run is named once, every path has at most one attempt and at most
// one claim, and every number of a run's outbox comes once; a call that does not fit these has to wait for the next batch.
type batch struct {
	runs     []*runEntry
	attempts []*attemptEntry
	claims   []claimEntry
	items    []*item
	bytes    int

	runIndex  map[string]int
	attemptOf map[string]*attemptEntry
	claimed   map[string]bool
	held      map[string]bool
}

type runEntry struct {
	ref    contract.RunRef
	outbox []contract.OutboxEvent
}

type attemptEntry struct {
	run     int
	path    string
	attempt int
	events  []Event
	end     *End
	items   []*item
}

type claimEntry struct {
	run  int
	item *item
}

func newBatch() *batch {
	return &batch{
		runIndex:  map[string]int{},
		attemptOf: map[string]*attemptEntry{},
		claimed:   map[string]bool{},
		held:      map[string]bool{},
	}
}

// isFull says that nothing more fits.
func (b *batch) isFull() bool {
	return b.bytes >= batchBytesMax || len(b.attempts)+len(b.claims) >= entriesMax
}

// add takes the call in, or says false: it has to wait, and so has everything for its path that comes after it.
func (b *batch) add(it *item) bool {
	key := it.run.Tenant + ":" + it.run.ID + ":" + it.path
	tooLarge := len(b.items) > 0 && b.bytes+it.bytes > batchBytesMax
	if tooLarge || b.held[key] || b.collides(it, key) {
		b.held[key] = true
		return false
	}
	run := b.indexOf(it.run)
	if it.claim != nil {
		b.runs[run].add(it.claim.Outbox)
		b.claimed[key] = true
		b.claims = append(b.claims, claimEntry{run: run, item: it})
	} else {
		entry := b.attemptOf[key]
		if entry == nil {
			entry = &attemptEntry{run: run, path: it.path, attempt: it.attempt}
			b.attemptOf[key] = entry
			b.attempts = append(b.attempts, entry)
		}
		for _, event := range it.events {
			entry.events = join(entry.events, event)
		}
		entry.end = it.end
		entry.items = append(entry.items, it)
	}
	b.items = append(b.items, it)
	b.bytes += it.bytes
	return true
}

func (b *batch) collides(it *item, key string) bool {
	if it.claim != nil {
		return b.claimed[key]
	}
	entry := b.attemptOf[key]
	if entry == nil {
		return false
	}
	first, last := 0, 0
	if len(it.events) > 0 {
		first = it.events[0].Ordinal
	} else if it.end != nil {
		first = it.end.Ordinal
	}
	if n := len(entry.events); n > 0 {
		last = entry.events[n-1].Ordinal
	}
	return entry.end != nil || entry.attempt != it.attempt || first <= last
}

// add takes in an outbox. Each call carries all that its workflow does not know to be applied, so the lists overlap: what goes on from
// there is new.
func (r *runEntry) add(outbox []contract.OutboxEvent) {
	last := 0
	if n := len(r.outbox); n > 0 {
		last = r.outbox[n-1].N
	}
	for _, event := range outbox {
		if event.N > last {
			r.outbox = append(r.outbox, event)
		}
	}
}

func (b *batch) indexOf(ref contract.RunRef) int {
	key := ref.Tenant + ":" + ref.ID
	if known, has := b.runIndex[key]; has {
		return known
	}
	b.runIndex[key] = len(b.runs)
	b.runs = append(b.runs, &runEntry{ref: ref})
	return len(b.runs) - 1
}
