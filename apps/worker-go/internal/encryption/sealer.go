package encryption

import (
	"encoding/base64"
	"fmt"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/values"
)

// Place is where a value stands, which its ciphertext is bound to. Without Run it is the tenant's, without Path the run's own.
type Place struct {
	Tenant, Run, Path string
}

// PlaceOf gives the place of what a node of a run has; path is "" for the run's own.
func PlaceOf(run contract.RunRef, path string) Place {
	return Place{Tenant: run.Tenant, Run: run.ID, Path: path}
}

// Sealer encrypts values at rest: each is replaced by `{ "$blob": { "sealed": "<key id>.<base64>" } }`, which nobody outside can write.
// Handles stay readable, in a value (`refs`) or as the whole of it. Without Keys nothing is sealed, and what was sealed is an error.
type Sealer struct {
	Keys *Keyring
}

// readable are members of an event's data that say what happened, and not what with: Postgres and operators read them. All others are
// sealed.
var readable = setOf("kind runtime childRunId signal until usage costUsd ref cached checkpoint offset delayMs caught name id kept " +
	"forced level waiting workflow version parent forkedFrom")

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// Seal gives the value as it is written.
func (s *Sealer) Seal(place Place, value jsonvalue.Value) jsonvalue.Value {
	return s.seal(place, value, false)
}

// SealText gives JSON text for JSON text.
func (s *Sealer) SealText(place Place, text string) string {
	if s.Keys == nil {
		return text
	}
	return jsonvalue.Text(s.Seal(place, parsed(text)))
}

// SealData gives the data of an event as the log keeps it. An author's own event is sealed whole, since its members are the author's.
// repeatable: the same data in the same place gives the same text.
func (s *Sealer) SealData(place Place, event, text string, repeatable bool) string {
	if s.Keys == nil {
		return text
	}
	data, isObject := parsed(text).(*jsonvalue.Object)
	if !isObject || strings.HasPrefix(event, "custom.") {
		return s.SealText(place, text)
	}
	sealed := &jsonvalue.Object{Members: make([]jsonvalue.Member, len(data.Members))}
	for i, member := range data.Members {
		if !readable[member.Key] {
			member.Value = s.seal(place, member.Value, repeatable)
		}
		sealed.Members[i] = member
	}
	return jsonvalue.Text(sealed)
}

// Open gives the value again, whether it was sealed or not.
func (s *Sealer) Open(place Place, value jsonvalue.Value) (jsonvalue.Value, error) {
	sealed, is := sealedIn(value)
	if !is {
		return value, nil
	}
	text, err := s.open(place, sealed)
	if err != nil {
		return nil, &contract.Error{Type: "internal", Message: fmt.Sprintf("What is stored of %s cannot be read: %s", place, err), Cause: err}
	}
	return jsonvalue.Parse(text)
}

// OpenText gives JSON text for JSON text that is sealed as a whole, or not at all.
func (s *Sealer) OpenText(place Place, text []byte) ([]byte, error) {
	value, err := jsonvalue.Parse(text)
	if err != nil {
		return nil, err
	}
	if _, is := sealedIn(value); !is {
		return text, nil
	}
	opened, err := s.Open(place, value)
	return jsonvalue.Append(nil, opened), err
}

func (s *Sealer) open(place Place, sealed string) ([]byte, error) {
	dot := strings.LastIndexByte(sealed, '.')
	key, err := s.Keys.Key(sealed[:max(dot, 0)])
	if err != nil {
		return nil, err
	}
	content, err := base64.StdEncoding.DecodeString(sealed[dot+1:])
	if err != nil {
		return nil, err
	}
	return Decrypt(valueKey(key, place), content, []byte(place.Path))
}

func (s *Sealer) seal(place Place, value jsonvalue.Value, repeatable bool) jsonvalue.Value {
	if _, isHandle := values.AsHandle(value); isHandle || s.Keys == nil {
		return value
	}
	master, err := s.Keys.Key(s.Keys.current)
	if err != nil {
		panic(err) // A ring has its own key.
	}
	key, text, aad := valueKey(master, place), jsonvalue.Append(nil, value), []byte(place.Path)
	var nonce []byte
	if repeatable {
		nonce = mac(key, aad, []byte{0}, text)[:nonceBytes]
	}
	content := base64.StdEncoding.EncodeToString(Encrypt(key, text, aad, nonce))
	sealed := jsonvalue.NewObject("$blob", jsonvalue.NewObject("sealed", s.Keys.current+"."+content))
	if blobs := values.HandlesIn(value); len(blobs) > 0 {
		refs := make([]jsonvalue.Value, len(blobs))
		for i, blob := range blobs {
			refs[i] = values.ToHandle(blob)
		}
		sealed.Set("refs", refs)
	}
	return sealed
}

func sealedIn(value jsonvalue.Value) (string, bool) {
	object, isObject := value.(*jsonvalue.Object)
	if !isObject {
		return "", false
	}
	inner, _ := object.Get("$blob")
	named, isObject := inner.(*jsonvalue.Object)
	if !isObject {
		return "", false
	}
	sealed, _ := named.Get("sealed")
	text, is := sealed.(string)
	return text, is
}

func valueKey(key []byte, place Place) []byte {
	return derive(key, "treadle value", place.Tenant, place.Run)
}

// String names the place in an error.
func (p Place) String() string {
	switch {
	case p.Path != "":
		return "the node " + p.Path + " of the run " + p.Run
	case p.Run != "":
		return "the run " + p.Run
	default:
		return "the tenant " + p.Tenant
	}
}

// parsed reads what this worker has written itself.
func parsed(text string) jsonvalue.Value {
	value, err := jsonvalue.ParseString(text)
	if err != nil {
		panic(err)
	}
	return value
}
