// Package jsonvalue holds JSON as the other workers see it: objects keep the order of their keys, numbers are doubles, and texts may
// hold halves of surrogate pairs until they are stored. What is written is byte for byte what JSON.stringify would write.
package jsonvalue

import "encoding/json"

// Value is any JSON: nil, bool, float64, string, []Value or *Object. A half of a surrogate pair is kept in a string as the three bytes
// that UTF-8 would have for it (WTF-8), so that a pair which comes in two pieces is whole again once they are joined.
type Value = any

// Object is a JSON object in the order in which its keys came.
type Object struct {
	Members []Member
}

// Member is one entry of an object.
type Member struct {
	Key   string
	Value Value
}

// NewObject makes an object of keys and values in turn.
func NewObject(pairs ...any) *Object {
	object := &Object{Members: make([]Member, 0, len(pairs)/2)}
	for i := 0; i+1 < len(pairs); i += 2 {
		object.Members = append(object.Members, Member{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return object
}

// Get gives the value of a key, and whether there is one.
func (o *Object) Get(key string) (Value, bool) {
	for i := range o.Members {
		if o.Members[i].Key == key {
			return o.Members[i].Value, true
		}
	}
	return nil, false
}

// Set replaces the value of a key, or adds it at the end.
func (o *Object) Set(key string, value Value) {
	for i := range o.Members {
		if o.Members[i].Key == key {
			o.Members[i].Value = value
			return
		}
	}
	o.Members = append(o.Members, Member{Key: key, Value: value})
}

// Plain gives the value as encoding/json would have decoded it, for libraries that know only that: objects become maps.
func Plain(value Value) any {
	switch v := value.(type) {
	case []Value:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = Plain(item)
		}
		return items
	case *Object:
		entries := make(map[string]any, len(v.Members))
		for _, member := range v.Members {
			entries[member.Key] = Plain(member.Value)
		}
		return entries
	default:
		return value
	}
}

// MapStrings applies change to every string in the value, keys too.
func MapStrings(value Value, change func(string) string) Value {
	switch v := value.(type) {
	case string:
		return change(v)
	case []Value:
		items := make([]Value, len(v))
		for i, item := range v {
			items[i] = MapStrings(item, change)
		}
		return items
	case *Object:
		object := &Object{Members: make([]Member, 0, len(v.Members))}
		var index map[string]int
		for _, member := range v.Members {
			// Two keys may become one; the last one counts, as everywhere.
			index = object.put(change(member.Key), MapStrings(member.Value, change), index)
		}
		return object
	default:
		return value
	}
}

// Of gives what encoding/json makes of something.
func Of(something any) (Value, error) {
	text, err := json.Marshal(something)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}
