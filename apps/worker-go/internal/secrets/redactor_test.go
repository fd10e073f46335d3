package secrets

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"treadle.dev/treadle/internal/jsonvalue"
)

const secret = `sk-live/Ä+42=="quoted"`

func redactorOf(secrets map[string]string) *Redactor {
	redactor := NewRedactor()
	for name, value := range secrets {
		redactor.Add(name, value)
	}
	return redactor
}

func TestASecretIsReplacedWhereverItStandsInAValueKeysToo(t *testing.T) {
	redactor := redactorOf(map[string]string{"KEY": secret})
	value := jsonvalue.NewObject(secret, []any{"Bearer " + secret + "!", 1.0, nil})
	if got, expected := jsonvalue.Text(redactor.JSON(value)), `{"[secret KEY]":["Bearer [secret KEY]!",1,null]}`; got != expected {
		t.Errorf("%s, not %s", got, expected)
	}
}

func TestASecretIsFoundInEveryFormThatCarriesIt(t *testing.T) {
	quoted, _ := json.Marshal(secret)
	texts := map[string]string{
		"URL":       "sk-live%2F%C3%84%2B42%3D%3D%22quoted%22",
		"form":      url.QueryEscape(secret),
		"JSON":      string(quoted),
		"hex":       hex.EncodeToString([]byte(secret)),
		"base64url": base64.URLEncoding.EncodeToString([]byte("x:" + secret)),
	}
	for _, before := range []string{"", "u", "us", "use", "user:"} {
		texts["base64 after "+before] = base64.StdEncoding.EncodeToString([]byte(before + secret + "@host"))
	}
	redactor := redactorOf(map[string]string{"KEY": secret})
	for form, text := range texts {
		if !strings.Contains(redactor.Text(text), "[secret KEY]") {
			t.Errorf("not found in the form %q: %s", form, text)
		}
	}
}

func TestOfTwoSecretsOfWhichOneBeginsTheOtherTheLongerIsReplaced(t *testing.T) {
	redactor := redactorOf(map[string]string{"SHORT": "abcd", "LONG": "abcdefgh"})
	if got := redactor.Text("abcdefgh abcdx"); got != "[secret LONG] [secret SHORT]x" {
		t.Error(got)
	}
}

func TestASecretThatBecomesKnownLaterIsFoundFromThenOn(t *testing.T) {
	redactor := NewRedactor()
	stream := redactor.Stream()
	redactor.Add("LATE", "latecomer")
	if got := redactor.Text("latecomer"); got != "[secret LATE]" {
		t.Error(got)
	}
	if got := stream.Push("plain ") + stream.End(); got != "plain " {
		t.Error(got)
	}
}

func TestAStreamGivesAtOnceWhatCannotBeginASecret(t *testing.T) {
	stream := redactorOf(map[string]string{"KEY": "topsecret"}).Stream()
	for _, step := range [][2]string{{"Hello ", "Hello "}, {"to", ""}, {"day", "today"}} {
		if got := stream.Push(step[0]); got != step[1] {
			t.Errorf("after %q: %q", step[0], got)
		}
	}
}

func TestAStreamNeverSplitsASurrogatePair(t *testing.T) {
	high, _ := jsonvalue.ParseString(`"a\ud83d"`)
	low, _ := jsonvalue.ParseString(`"\ude00b"`)
	stream := NewRedactor().Stream()
	if first, second := stream.Push(high.(string)), stream.Push(low.(string)); first != "a" || second != "😀b" {
		t.Errorf("%q, %q", first, second)
	}
}

func TestHoweverAStreamIsCutItsTextIsThatOfTheWhole(t *testing.T) {
	secrets := map[string]string{"A": "aabab", "B": "babb", "C": "aabababb"}
	redactor := redactorOf(secrets)
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text := make([]byte, random.IntN(60))
		for i := range text {
			text[i] = "abc"[random.IntN(3)]
		}
		stream, shown := redactor.Stream(), ""
		for rest := string(text); rest != ""; {
			cut := min(len(rest), random.IntN(9))
			shown += stream.Push(rest[:cut])
			rest = rest[cut:]
		}
		shown += stream.End()
		if shown != redactor.Text(string(text)) {
			t.Fatalf("%s: %s, not %s", text, shown, redactor.Text(string(text)))
		}
		for _, value := range secrets {
			if strings.Contains(shown, value) {
				t.Fatalf("%s shows %s: %s", text, value, shown)
			}
		}
	}
}
