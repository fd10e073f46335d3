package model

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

const wireLengthMax = 64

var (
	wireName     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	notWireChars = regexp.MustCompile(`[^A-Za-z0-9_-]`)
)

// toolNames translates names of tools to what the protocol takes (letters, digits, `_`, `-`; at most 64), and back.
type toolNames struct {
	wires, names map[string]string
}

// newToolNames is for the tools of one request. `docs.search` becomes `docs__search`; a name that is taken gets a hash.
func newToolNames(offered []Tool) toolNames {
	n := toolNames{wires: map[string]string{}, names: map[string]string{}}
	for _, tool := range offered {
		wire := plainWire(tool.Name)
		if _, taken := n.names[wire]; taken {
			wire = hashed(tool.Name)
		}
		n.wires[tool.Name], n.names[wire] = wire, tool.Name
	}
	return n
}

// toWire also knows a name that is offered no more: it may still be in the conversation.
func (n toolNames) toWire(name string) string {
	if wire, offered := n.wires[name]; offered {
		return wire
	}
	return plainWire(name)
}

// fromWire leaves what was not offered as it would have been offered, so that it is no name of a tool.
func (n toolNames) fromWire(wire string) string {
	if name, offered := n.names[wire]; offered {
		return name
	}
	return plainWire(wire)
}

func plainWire(name string) string {
	if wireName.MatchString(name) {
		return name
	}
	wire := notWireChars.ReplaceAllString(strings.ReplaceAll(name, ".", "__"), "_")
	if len(wire) > wireLengthMax || wire == "" {
		return hashed(name)
	}
	return wire
}

func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	wire := notWireChars.ReplaceAllString(name, "_")
	return wire[:min(len(wire), wireLengthMax-9)] + "_" + hex.EncodeToString(sum[:])[:8]
}
