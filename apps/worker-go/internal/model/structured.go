package model

import (
	"fmt"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/values"
)

const wrapper = "value"

// Structured says how an answer that fits a schema is asked for, and read. The protocol takes only objects: any other schema is asked
// for as `{ "value": … }`, and an answer is read with or without that wrapper, since not every server keeps to the format.
type Structured struct {
	Format    *jsonvalue.Object
	schema    []byte
	schemas   *values.Schemas
	isWrapped bool
}

// NewStructured prepares it for a JSON Schema.
func NewStructured(schema []byte, schemas *values.Schemas) (*Structured, error) {
	asked, err := jsonvalue.Parse(schema)
	if err != nil {
		return nil, fmt.Errorf("the outputSchema: %w", err)
	}
	object, isObject := asked.(*jsonvalue.Object)
	isWrapped := !isObject || get(object, "type") != jsonvalue.Value("object")
	if isWrapped {
		asked = jsonvalue.NewObject("type", "object", "properties", jsonvalue.NewObject(wrapper, asked),
			"required", []jsonvalue.Value{wrapper}, "additionalProperties", false)
	}
	named := jsonvalue.NewObject("name", "answer", "schema", asked, "strict", fitsStrict(asked))
	format := jsonvalue.NewObject("type", "json_schema", "json_schema", named)
	return &Structured{Format: format, schema: schema, schemas: schemas, isWrapped: isWrapped}, nil
}

// Read gives the value of the answer's text. The error is of type `invalid_output`, with a message that a model understands.
func (s *Structured) Read(text string) (jsonvalue.Value, error) {
	value, err := values.ParseForeign([]byte(text), "The answer")
	if err != nil {
		return nil, err
	}
	if object, isObject := value.(*jsonvalue.Object); s.isWrapped && isObject && len(object.Members) == 1 {
		if inner, has := object.Get(wrapper); has {
			value = inner
		}
	}
	problem, err := s.schemas.ProblemOf(s.schema, value, true)
	if err != nil {
		return nil, err
	}
	if problem != "" {
		return nil, contract.NewError("invalid_output", "The answer does not fit its schema: "+problem+".")
	}
	return value, nil
}

// strictKeywords are those that the strict mode of the protocol takes.
var strictKeywords = map[string]bool{
	"type": true, "properties": true, "required": true, "additionalProperties": true, "items": true, "enum": true, "const": true,
	"anyOf": true, "description": true, "title": true, "$defs": true, "$ref": true,
}

// fitsStrict says whether strict mode takes the schema: all objects closed, all their properties required, plain keywords.
func fitsStrict(value jsonvalue.Value) bool {
	schema, isObject := value.(*jsonvalue.Object)
	if !isObject {
		return false
	}
	for _, member := range schema.Members {
		if !strictKeywords[member.Key] {
			return false
		}
	}
	inner := append(membersOf(schema, "properties"), membersOf(schema, "$defs")...)
	if anyOf, isList := get(schema, "anyOf").([]jsonvalue.Value); isList {
		inner = append(inner, anyOf...)
	}
	if items, has := schema.Get("items"); has {
		inner = append(inner, items)
	}
	for _, part := range inner {
		if !fitsStrict(part) {
			return false
		}
	}
	if get(schema, "type") != jsonvalue.Value("object") {
		for _, keyword := range []string{"type", "anyOf", "$ref", "enum", "const"} {
			if _, has := schema.Get(keyword); has {
				return true
			}
		}
		return false
	}
	return get(schema, "additionalProperties") == jsonvalue.Value(false) && requiresAll(schema)
}

func requiresAll(schema *jsonvalue.Object) bool {
	required, isList := get(schema, "required").([]jsonvalue.Value)
	if !isList {
		return false
	}
	names := map[jsonvalue.Value]bool{}
	for _, name := range required {
		if text, isText := name.(string); isText {
			names[text] = true
		}
	}
	if properties, isObject := get(schema, "properties").(*jsonvalue.Object); isObject {
		for _, member := range properties.Members {
			if !names[member.Key] {
				return false
			}
		}
	}
	return true
}

func membersOf(schema *jsonvalue.Object, key string) []jsonvalue.Value {
	object, isObject := get(schema, key).(*jsonvalue.Object)
	if !isObject {
		return nil
	}
	found := make([]jsonvalue.Value, len(object.Members))
	for i, member := range object.Members {
		found[i] = member.Value
	}
	return found
}
