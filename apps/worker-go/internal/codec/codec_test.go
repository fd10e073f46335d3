package codec

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"

	"treadle.dev/treadle/internal/encryption"
)

func keyOf(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

func codecOf(t *testing.T, text string) *Codec {
	t.Helper()
	ring, err := encryption.ParseKeyring(text)
	if err != nil {
		t.Fatal(err)
	}
	return &Codec{Keys: ring}
}

func TestAPayloadComesBackAndShowsNothingOnTheWay(t *testing.T) {
	before, after := codecOf(t, "old="+keyOf(1)+", new="+keyOf(2)), codecOf(t, "new="+keyOf(2)+",old="+keyOf(1))
	plain := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"what-nobody-may-see"`)}
	sealed, err := before.Encode([]*commonpb.Payload{plain})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed[0].String(), "nobody") || string(sealed[0].Metadata[keyIDKey]) != "old" {
		t.Error(sealed[0])
	}
	opened, err := after.Decode([]*commonpb.Payload{sealed[0], plain})
	if err != nil || string(opened[0].Data) != string(plain.Data) || opened[1] != plain {
		t.Errorf("%v, %v", opened, err)
	}
}

func TestWhatWasChangedOrHasAnotherKeyIsRefused(t *testing.T) {
	ring := codecOf(t, "a="+keyOf(1))
	sealed, err := ring.Encode([]*commonpb.Payload{{Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*commonpb.Payload){
		"changed":     func(p *commonpb.Payload) { p.Data[len(p.Data)-1] ^= 1 },
		"cut off":     func(p *commonpb.Payload) { p.Data = p.Data[:20] },
		"no such key": func(p *commonpb.Payload) { p.Metadata[keyIDKey] = []byte("b") },
	} {
		other := &commonpb.Payload{Metadata: map[string][]byte{encodingKey: []byte(encrypted), keyIDKey: []byte("a")}, Data: bytes.Clone(sealed[0].Data)}
		change(other)
		if _, err := ring.Decode([]*commonpb.Payload{other}); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := codecOf(t, "a="+keyOf(2)).Decode(sealed); err == nil {
		t.Error("another key under the id is taken")
	}
}

func TestABadKeyringIsRefusedAndNoKeyIsShown(t *testing.T) {
	for _, text := range []string{"", "a", "a=" + keyOf(1)[:20], "a=" + keyOf(1) + ",a=" + keyOf(2), "a b=" + keyOf(1), "a=" + keyOf(1) + ","} {
		_, err := encryption.ParseKeyring(text)
		if err == nil || strings.Contains(err.Error(), keyOf(1)[:20]) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
