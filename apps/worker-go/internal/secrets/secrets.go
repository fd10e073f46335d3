package secrets

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"treadle.dev/treadle/internal/contract"
)

var name = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// Secrets are those of the worker's configuration. Values are given out at the moment of a call and kept nowhere.
type Secrets struct {
	values   map[string]string
	folder   string
	redactor *Redactor
}

// New makes the source of secrets. In folder ("": none) names are looked for that values lacks: one file a secret, read anew each
// time, so that a rotated one is taken up. The redactor is told of every value before it is given out.
func New(values map[string]string, folder string, redactor *Redactor) *Secrets {
	for name, value := range values {
		redactor.Add(name, value)
	}
	return &Secrets{values: values, folder: folder, redactor: redactor}
}

// Value gives the value of a secret. The error is of type `auth` where there is none of that name.
func (s *Secrets) Value(secret string) (string, error) {
	value, known := s.values[secret]
	if !known {
		var err error
		if value, err = s.fromFolder(secret); err != nil {
			return "", err
		}
	}
	if value == "" {
		return "", contract.NewError("auth", "The worker has no secret "+secret+": give it TREADLE_SECRET_"+secret+".")
	}
	s.redactor.Add(secret, value)
	return value, nil
}

// Resolve gives the text of a header, which is a string or a SecretRef, and whether it is one with a secret in it.
func (s *Secrets) Resolve(header json.RawMessage) (text string, isSecret bool, err error) {
	if json.Unmarshal(header, &text) == nil {
		return text, false, nil
	}
	var ref contract.SecretRef
	if err := json.Unmarshal(header, &ref); err != nil {
		return "", false, contract.NewError("invalid_request", "A header is neither a text nor a secret.")
	}
	value, err := s.Value(ref.Secret)
	return ref.Prefix + value, true, err
}

func (s *Secrets) fromFolder(secret string) (string, error) {
	if s.folder == "" || !name.MatchString(secret) {
		return "", nil
	}
	content, err := os.ReadFile(filepath.Join(s.folder, secret))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", &contract.Error{Type: "auth", Message: "The secret " + secret + " cannot be read by the worker.", Cause: err}
	}
	return strings.TrimRight(string(content), " \t\r\n"), nil
}
