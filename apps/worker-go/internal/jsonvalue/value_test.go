package jsonvalue

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatIsReadIsWrittenAsECMAScriptWrites(t *testing.T) {
	cases := map[string]string{
		` { "b" : 1.0 , "a" : [ true , null , "x" ] } `: `{"b":1,"a":[true,null,"x"]}`,
		`{"a":1,"b":2,"a":3}`:                           `{"a":3,"b":2}`,
		`[1e3,1e21,1.5e-7,-0,0.1,1e400,123456789012]`:   `[1000,1e+21,1.5e-7,0,0.1,null,123456789012]`,
		`"\u0001\n\u00e4\u2028<>&\/"`:                   "\"\\u0001\\nä\u2028<>&/\"",
		`"\ud83d\ude00"`:                                `"😀"`,
		`"\ud83d"`:                                      `"\ud83d"`,
		`"\udfff!"`:                                     `"\udfff!"`,
		`[]`:                                            `[]`,
		`{}`:                                            `{}`,
	}
	for text, expected := range cases {
		value, err := ParseString(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := Text(value); got != expected {
			t.Errorf("%s became %s, not %s", text, got, expected)
		}
	}
}

func TestATextThatIsNotJSONIsRefusedByItsPlace(t *testing.T) {
	cases := map[string]int{
		``: 0, `{`: 1, `[1,]`: 3, `{"a":1,}`: 7, `01`: 1, `1.`: 2, `-`: 1, `"a`: 2, "\"\n\"": 1, `"\x"`: 2, `"\u12"`: 2,
		`nul`: 0, `[1] 2`: 4, `{a:1}`: 1, `'a'`: 0, `+1`: 0, `{"a" 1}`: 5, `NaN`: 0,
	}
	for text, offset := range cases {
		var syntax *SyntaxError
		if _, err := ParseString(text); !errors.As(err, &syntax) || syntax.Offset != offset {
			t.Errorf("%q: %v, not an error at %d", text, err, offset)
		}
	}
}

func TestNoTextBringsTheStackDown(t *testing.T) {
	nested := func(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }
	if _, err := ParseString(nested(DepthMax)); err != nil {
		t.Errorf("%d levels: %v", DepthMax, err)
	}
	var depth *DepthError
	if _, err := ParseString(nested(DepthMax + 1)); !errors.As(err, &depth) {
		t.Errorf("%d levels: %v", DepthMax+1, err)
	}
	if _, err := ParseString(strings.Repeat("[", 10_000_000)); !errors.As(err, &depth) {
		t.Errorf("ten million levels: %v", err)
	}
}

func TestAKeyThatComesTwiceInALargeObjectCountsOnce(t *testing.T) {
	text := "{"
	for range 3 {
		for c := 'a'; c <= 'z'; c++ {
			text += `"` + string(c) + `":1,`
		}
	}
	value, err := ParseString(text + `"a":2}`)
	if err != nil {
		t.Fatal(err)
	}
	object := value.(*Object)
	if first, _ := object.Get("a"); len(object.Members) != 26 || first != 2.0 {
		t.Errorf("%d members, a is %v", len(object.Members), first)
	}
}

func TestHalvesOfAPairThatMeetAreOneCharacter(t *testing.T) {
	high, _ := ParseString(`"a\ud83d"`)
	low, _ := ParseString(`"\ude00b"`)
	if !EndsInHalf(high.(string)) || EndsInHalf(low.(string)) {
		t.Error("the end of the first is half a pair, that of the second is not")
	}
	if joined := Join(high.(string) + low.(string)); joined != "a😀b" {
		t.Errorf("%q", joined)
	}
}

func TestWhatPostgresCannotStoreIsReplaced(t *testing.T) {
	half, _ := ParseString(`"a\ud83db\u0000c"`)
	if got := Storable(half.(string) + "\xff"); got != "a\ufffdb\ufffdc\ufffd" {
		t.Errorf("%q", got)
	}
	if text := "plain ä 😀"; Storable(text) != text {
		t.Error("a storable text is changed")
	}
}

func TestCanonicalJSONSortsByUnits(t *testing.T) {
	value, _ := ParseString(`{"b":1,"a":{"d":1,"c":2},"😀":3,"\ufb33":4}`)
	if got, expected := Canonical(value), "{\"a\":{\"c\":2,\"d\":1},\"b\":1,\"😀\":3,\"\ufb33\":4}"; got != expected {
		t.Errorf("%s, not %s", got, expected)
	}
}

func TestATextIsCutBetweenCharacters(t *testing.T) {
	for units, expected := range map[int]string{0: "", 1: "a", 2: "a", 3: "a😀", 9: "a😀b"} {
		if got := Cut("a😀b", units); got != expected {
			t.Errorf("%d: %q", units, got)
		}
	}
	if Units("a😀b") != 4 {
		t.Error("a character above U+FFFF has two units")
	}
}
