package appender

import (
	"encoding/json"

	"github.com/google/uuid"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/jsonvalue"
)

// answer is what treadle.append gives.
type answer struct {
	// Runs has of each run: last seq, outbox applied, cancel requested, pause requested, ended.
	Runs     [][5]any       `json:"runs"`
	Accepted []bool         `json:"accepted"`
	Claims   []*claimAnswer `json:"claims"`
}

// claimAnswer has the error as it is stored, which may be sealed.
type claimAnswer struct {
	ClaimResult
	Error json.RawMessage `json:"error"`
}

// statementArgs gives the batch as the arguments of the one statement that writes it. The same batch gives the same arguments, but for
// what is sealed anew.
func (b *batch) statementArgs(sealer *encryption.Sealer) []any {
	var tenants, runs []string
	outbox := outboxColumns{}
	for i, run := range b.runs {
		tenants, runs = append(tenants, run.ref.Tenant), append(runs, run.ref.ID)
		for _, event := range run.outbox {
			outbox.add(i+1, event, sealer, encryption.PlaceOf(run.ref, event.Node))
		}
	}
	attempts := attemptColumns{}
	for i, entry := range b.attempts {
		attempts.add(i+1, entry, sealer, encryption.PlaceOf(b.runs[entry.run].ref, entry.path))
	}
	claims := claimColumns{}
	for _, entry := range b.claims {
		claims.add(entry)
	}
	args := []any{true, tenants, runs}
	args = append(args, attempts.args()...)
	args = append(args, outbox.args()...)
	args = append(args, claims.args()...)
	// Of segments, which only the TypeScript worker executes.
	return append(args, []string{}, []string{})
}

type attemptColumns struct {
	run, attempt, last                []int
	path                              []string
	end, output, failure, usage, name []*string
	of, ordinal                       []int
	kind, data                        []string
}

func (c *attemptColumns) add(index int, entry *attemptEntry, sealer *encryption.Sealer, place encryption.Place) {
	last := 0
	event := func(ordinal int, kind, data string) {
		c.of, c.ordinal = append(c.of, index), append(c.ordinal, ordinal)
		c.kind, c.data = append(c.kind, kind), append(c.data, sealer.SealData(place, kind, data, false))
		last = ordinal
	}
	for _, e := range entry.events {
		event(e.Ordinal, e.Type, e.data())
	}
	var end, name *string
	var effects effects
	if entry.end != nil {
		effects = endEffects(entry.end)
		effects.seal(sealer, place)
		event(entry.end.Ordinal, entry.end.Type, effects.data)
		end = &entry.end.Type
		if entry.end.CheckpointName != "" {
			name = &entry.end.CheckpointName
		}
	}
	c.run, c.attempt, c.last = append(c.run, entry.run+1), append(c.attempt, entry.attempt), append(c.last, last)
	c.path, c.end, c.name = append(c.path, entry.path), append(c.end, end), append(c.name, name)
	c.output, c.failure, c.usage = append(c.output, effects.output), append(c.failure, effects.failure), append(c.usage, effects.usage)
}

func (c *attemptColumns) args() []any {
	return []any{
		orEmpty(c.run), orEmpty(c.path), orEmpty(c.attempt), orEmpty(c.last),
		orEmpty(c.end), orEmpty(c.output), orEmpty(c.failure), orEmpty(c.usage), orEmpty(c.name),
		orEmpty(c.of), orEmpty(c.ordinal), orEmpty(c.kind), orEmpty(c.data),
	}
}

type outboxColumns struct {
	run, n                               []int
	event                                []string
	node                                 []*string
	ifOpen                               []bool
	data                                 []string
	kind, signal, output, failure, usage []*string
}

func (c *outboxColumns) add(run int, event contract.OutboxEvent, sealer *encryption.Sealer, place encryption.Place) {
	var node *string
	if event.Node != "" {
		node = &event.Node
	}
	effects := outboxEffects(event)
	effects.seal(sealer, place)
	// A failure that is told again is known by its data.
	effects.data = sealer.SealData(place, event.Type, effects.data, event.Type == "node.failed")
	c.run, c.n, c.event = append(c.run, run), append(c.n, event.N), append(c.event, event.Type)
	c.node, c.ifOpen, c.data = append(c.node, node), append(c.ifOpen, event.IfOpen), append(c.data, effects.data)
	c.kind, c.signal = append(c.kind, effects.kind), append(c.signal, effects.signal)
	c.output, c.failure, c.usage = append(c.output, effects.output), append(c.failure, effects.failure), append(c.usage, effects.usage)
}

func (c *outboxColumns) args() []any {
	return []any{
		orEmpty(c.run), orEmpty(c.n), orEmpty(c.event), orEmpty(c.node), orEmpty(c.ifOpen), orEmpty(c.data),
		orEmpty(c.kind), orEmpty(c.signal), orEmpty(c.output), orEmpty(c.failure), orEmpty(c.usage),
	}
}

type claimColumns struct {
	run                       []int
	path, kind, runtime, data []string
	id                        []uuid.UUID
}

func (c *claimColumns) add(entry claimEntry) {
	kind := entry.item.claim.Kind
	c.run, c.path, c.id = append(c.run, entry.run+1), append(c.path, entry.item.path), append(c.id, entry.item.id)
	c.kind, c.runtime = append(c.kind, kind), append(c.runtime, contract.Runtime)
	c.data = append(c.data, jsonvalue.Text(jsonvalue.NewObject("kind", kind, "runtime", contract.Runtime)))
}

func (c *claimColumns) args() []any {
	return []any{orEmpty(c.run), orEmpty(c.path), orEmpty(c.id), orEmpty(c.kind), orEmpty(c.runtime), orEmpty(c.data), death}
}

// orEmpty: a nil slice would be null, which is not an empty array.
func orEmpty[T any](column []T) []T {
	if column == nil {
		return []T{}
	}
	return column
}
