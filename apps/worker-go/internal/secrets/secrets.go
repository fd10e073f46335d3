package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"treadle.dev/treadle/internal/contract"
)

var name = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// Secrets are those of the worker's configuration. Values are given out at the moment of a call and kept nowhere.
type Secrets struct {
	values     map[string]string
	folder     string
	grants     Grants
	workflowOf WorkflowOf
	redactor   *Redactor
}

// Options says where secrets come from, and whom they are for.
type Options struct {
	Values map[string]string
	// Folder ("": none) is looked into for names that Values lacks: one file a secret, read anew each time, so that a rotated one is taken
	// up.
	Folder     string
	Grants     Grants
	WorkflowOf WorkflowOf
}

// New makes the source of secrets. The redactor is told of every value before it is given out.
func New(options Options, redactor *Redactor) *Secrets {
	// In order: of two names for one value it is always the same one that is shown.
	for _, name := range slices.Sorted(maps.Keys(options.Values)) {
		redactor.Add(name, options.Values[name])
	}
	return &Secrets{
		values: options.Values, folder: options.Folder, grants: options.Grants, workflowOf: options.WorkflowOf, redactor: redactor,
	}
}

// Value gives the value of a secret. The error is of type `auth` where there is none of that name, or it is not granted for this use.
func (s *Secrets) Value(ctx context.Context, secret string, use Use) (string, error) {
	if err := s.grants.check(ctx, secret, use, s.workflowOf); err != nil {
		return "", err
	}
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
func (s *Secrets) Resolve(ctx context.Context, header json.RawMessage, use Use) (text string, isSecret bool, err error) {
	if json.Unmarshal(header, &text) == nil {
		return text, false, nil
	}
	var ref contract.SecretRef
	if err := json.Unmarshal(header, &ref); err != nil {
		return "", false, contract.NewError("invalid_request", "A header is neither a text nor a secret.")
	}
	value, err := s.Value(ctx, ref.Secret, use)
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
