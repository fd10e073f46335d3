package values

import (
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

const schemasMax = 500

// Schemas checks values against JSON Schemas (2020-12) of the author, which the translator has checked and bounded. Each is compiled
// once. Safe for use by several goroutines.
type Schemas struct {
	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema
}

// NewSchemas makes an empty one.
func NewSchemas() *Schemas { return &Schemas{compiled: map[string]*jsonschema.Schema{}} }

// ProblemOf says what of the value does not fit, as one text; "" where everything does. With all it names up to five places, for a model
// that is asked to mend its answer. The error is of type `invalid_request` where the schema itself cannot be used.
func (s *Schemas) ProblemOf(schema []byte, value jsonvalue.Value, all bool) (string, error) {
	compiled, err := s.schemaOf(schema)
	if err != nil {
		return "", &contract.Error{Type: "invalid_request", Message: "The outputSchema cannot be used: " + err.Error(), Cause: err}
	}
	err = compiled.Validate(jsonvalue.Plain(value))
	var misfit *jsonschema.ValidationError
	if errors.As(err, &misfit) {
		return describe(misfit, all), nil
	}
	return "", err
}

func (s *Schemas) schemaOf(text []byte) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.compiled[string(text)]; known != nil {
		return known, nil
	}
	compiled, err := compile(text)
	if err != nil {
		return nil, err
	}
	if len(s.compiled) >= schemasMax {
		clear(s.compiled) // Rare: documents have few schemas each.
	}
	s.compiled[string(text)] = compiled
	return compiled, nil
}

const schemaURL = "treadle:///schema.json"

// compile uses a compiler of its own for each schema: `$id`s of different authors do not meet.
func compile(text []byte) (*jsonschema.Schema, error) {
	document, err := jsonvalue.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("it %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseLoader(nothingElse{})
	if err := compiler.AddResource(schemaURL, jsonvalue.Plain(document)); err != nil {
		return nil, err
	}
	return compiler.Compile(schemaURL)
}

// nothingElse keeps schemas from naming files or places of the net.
type nothingElse struct{}

func (nothingElse) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s, which is not part of it", url)
}
