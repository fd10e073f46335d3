package jsonvalue

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// DepthMax bounds the nesting of what is parsed: far more than any value may have, and far less than what a stack holds.
const DepthMax = 10_000

// indexedFrom is the number of members from which keys are looked up in a map to find one that comes twice.
const indexedFrom = 16

// SyntaxError says where a text stops being JSON.
type SyntaxError struct {
	// Offset counts bytes from 0.
	Offset int
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("is not JSON at position %d", e.Offset) }

// DepthError is given for values that are nested more than DepthMax levels deep.
type DepthError struct{}

func (*DepthError) Error() string { return "is nested too deep" }

// Parse reads one JSON text. Of a key that comes twice the last value counts, at the place of the first.
// The error is a *SyntaxError or a *DepthError.
func Parse(text []byte) (Value, error) {
	p := parser{text: text}
	p.space()
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at != len(p.text) {
		return nil, p.fail()
	}
	return value, nil
}

// ParseString is Parse for a string.
func ParseString(text string) (Value, error) { return Parse([]byte(text)) }

type parser struct {
	text []byte
	at   int
}

func (p *parser) fail() error { return &SyntaxError{Offset: p.at} }

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// value reads what begins at p.at; spaces before it are gone already.
func (p *parser) value(depth int) (Value, error) {
	switch c := p.peek(); {
	case c == '{' || c == '[':
		if depth == DepthMax {
			return nil, &DepthError{}
		}
		if c == '{' {
			return p.object(depth)
		}
		return p.array(depth)
	case c == '"':
		return p.str()
	case c == 't':
		return true, p.word("true")
	case c == 'f':
		return false, p.word("false")
	case c == 'n':
		return nil, p.word("null")
	default:
		return p.number()
	}
}

func (p *parser) word(word string) error {
	if len(p.text)-p.at < len(word) || string(p.text[p.at:p.at+len(word)]) != word {
		return p.fail()
	}
	p.at += len(word)
	return nil
}

func (p *parser) array(depth int) (Value, error) {
	p.at++
	items := []Value{}
	p.space()
	if p.peek() == ']' {
		p.at++
		return items, nil
	}
	for {
		p.space()
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return items, nil
		default:
			return nil, p.fail()
		}
	}
}

func (p *parser) object(depth int) (Value, error) {
	p.at++
	object := &Object{}
	var index map[string]int
	p.space()
	if p.peek() == '}' {
		p.at++
		return object, nil
	}
	for {
		p.space()
		if p.peek() != '"' {
			return nil, p.fail()
		}
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.fail()
		}
		p.at++
		p.space()
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		index = object.put(key, value, index)
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return object, nil
		default:
			return nil, p.fail()
		}
	}
}

// put is Set with an index over the keys of large objects.
func (o *Object) put(key string, value Value, index map[string]int) map[string]int {
	if len(o.Members) < indexedFrom {
		o.Set(key, value)
		return nil
	}
	if index == nil {
		index = make(map[string]int, 2*indexedFrom)
		for i, member := range o.Members {
			index[member.Key] = i
		}
	}
	if i, known := index[key]; known {
		o.Members[i].Value = value
		return index
	}
	index[key] = len(o.Members)
	o.Members = append(o.Members, Member{Key: key, Value: value})
	return index
}

func (p *parser) number() (Value, error) {
	from := p.at
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else if !p.digits() {
		return nil, p.fail()
	}
	if p.peek() == '.' {
		p.at++
		if !p.digits() {
			return nil, p.fail()
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits() {
			return nil, p.fail()
		}
	}
	// Beyond the range of doubles it is an infinity, as everywhere; what is written of it is null.
	number, _ := strconv.ParseFloat(string(p.text[from:p.at]), 64)
	return number, nil
}

func (p *parser) digits() bool {
	from := p.at
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.at++
	}
	return p.at > from
}

// str reads a string, whose opening quote is at p.at.
func (p *parser) str() (string, error) {
	p.at++
	from := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return string(p.text[from : p.at-1]), nil
		case c == '\\':
			return p.escaped(append(make([]byte, 0, 2*(p.at-from)+16), p.text[from:p.at]...))
		case c < 0x20:
			return "", p.fail()
		default:
			p.at++
		}
	}
	return "", p.fail()
}

// escaped goes on with a string from its first escape.
func (p *parser) escaped(text []byte) (string, error) {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return Join(string(text)), nil
		case c < 0x20:
			return "", p.fail()
		case c != '\\':
			text = append(text, c)
			p.at++
		default:
			var err error
			if text, err = p.escape(text); err != nil {
				return "", err
			}
		}
	}
	return "", p.fail()
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) escape(text []byte) ([]byte, error) {
	p.at++
	c := p.peek()
	if c != 'u' {
		plain, known := escapes[c]
		if !known {
			return nil, p.fail()
		}
		p.at++
		return append(text, plain), nil
	}
	if len(p.text)-p.at < 5 {
		return nil, p.fail()
	}
	unit, err := strconv.ParseUint(string(p.text[p.at+1:p.at+5]), 16, 16)
	if err != nil {
		return nil, p.fail()
	}
	p.at += 5
	return appendUnit(text, rune(unit)), nil
}

// appendUnit is utf8.AppendRune, but keeps halves of pairs.
func appendUnit(text []byte, unit rune) []byte {
	if unit >= 0xd800 && unit <= 0xdfff {
		return append(text, 0xe0|byte(unit>>12), 0x80|byte(unit>>6)&0xbf, 0x80|byte(unit)&0xbf)
	}
	return utf8.AppendRune(text, unit)
}
