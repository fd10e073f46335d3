package values

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/secrets"
)

// taskBytesMax is what one task may load from blobs in all: as much as an http tool may answer.
const taskBytesMax = 10 * 1024 * 1024

// Store keeps bytes by their content.
type Store interface {
	// Put stores the content under its name, and returns once it is durable. Repeats change nothing.
	Put(ctx context.Context, tenant string, content *Content) error
	// Open gives the bytes, and in the place of their end an error where they do not fit their name. That is an ErrLost, as it is where
	// they are gone; any other is an outage.
	Open(ctx context.Context, tenant, sha256 string) (io.ReadCloser, error)
	// Check says what is wrong where the store cannot be used right now.
	Check(ctx context.Context) error
}

// Refs says which run refers to which blob.
type Refs interface {
	// Add is called before the blob is stored: in this order the sweeper never takes what somebody is about to refer to. Repeats change
	// nothing.
	Add(ctx context.Context, run contract.RunRef, blob Blob) error
}

// ErrLost is wrapped by the errors of a Store for a blob that will not come back by waiting.
var ErrLost = errors.New("the blob is gone or damaged")

// ErrFull is wrapped by the errors of a Store that has no room: it can keep something once somebody has made some.
var ErrFull = errors.New("the store is full")

// Values loads and keeps large values: stored by their content, and represented by handles.
type Values struct {
	Store Store
	Refs  Refs
}

// Load gives the value with every handle in it replaced by what it stands for. What was loaded once is not loaded again. The error is
// of type `invalid_request` where that is too large or lost, and `unavailable` where the store does not answer.
func (v *Values) Load(ctx context.Context, run contract.RunRef, value jsonvalue.Value) (jsonvalue.Value, error) {
	loading := loading{values: v, run: run, loaded: map[string]jsonvalue.Value{}}
	return loading.load(ctx, value)
}

// Keep gives the value, or a handle where its JSON is above bytesMax: then the run's reference is written, and the value stored, before
// this returns. A store that cannot be reached is waited for, a minute at most: the work that gave the value is not done again for it.
func (v *Values) Keep(ctx context.Context, run contract.RunRef, value jsonvalue.Value, bytesMax int) (jsonvalue.Value, error) {
	text := jsonvalue.Append(nil, value)
	if len(text) <= bytesMax {
		return value, nil
	}
	return v.put(ctx, run, BytesContent(text))
}

// KeepStream stores a JSON text as it comes, whatever its size, and gives its handle. The text is taken as it is: checked and clean. The
// error is the source's, or that of the store.
func (v *Values) KeepStream(ctx context.Context, run contract.RunRef, source io.Reader) (jsonvalue.Value, error) {
	content, err := ReadContent(source)
	if err != nil {
		return nil, err
	}
	defer content.Discard()
	return v.put(ctx, run, content)
}

// put: in this order neither the sweeper nor a crash leaves a handle without its blob.
func (v *Values) put(ctx context.Context, run contract.RunRef, content *Content) (jsonvalue.Value, error) {
	err := patiently(ctx, func() error {
		if err := v.Refs.Add(ctx, run, content.Blob); err != nil {
			return err
		}
		return v.Store.Put(ctx, run.Tenant, content)
	})
	if err != nil {
		return nil, storeError(ctx, err)
	}
	return ToHandle(content.Blob), nil
}

// Open gives the JSON text that a handle stands for, as often as it is called; nil where it holds handles itself.
func (v *Values) Open(ctx context.Context, run contract.RunRef, blob Blob) (func() (io.ReadCloser, error), error) {
	open := func() (io.ReadCloser, error) {
		stored, err := v.Store.Open(ctx, run.Tenant, blob.SHA256)
		if err != nil {
			return nil, storeError(ctx, err)
		}
		return stored, nil
	}
	stored, err := open()
	if err != nil {
		return nil, err
	}
	defer stored.Close()
	checked := NewStreamedJSON("It", secrets.NewRedactor())
	if _, err = io.Copy(checked, stored); err == nil {
		err = checked.End()
	}
	switch {
	case contract.AsError(err) != nil:
		return nil, nil
	case err != nil:
		return nil, storeError(ctx, err)
	}
	return open, nil
}

type loading struct {
	values *Values
	run    contract.RunRef
	loaded map[string]jsonvalue.Value
	bytes  int64
}

// load replaces handles until none is left: a stored value may hold handles itself.
func (l *loading) load(ctx context.Context, value jsonvalue.Value) (jsonvalue.Value, error) {
	wanted := HandlesIn(value)
	if len(wanted) == 0 {
		return value, nil
	}
	for _, blob := range wanted {
		if _, known := l.loaded[blob.SHA256]; known {
			continue
		}
		if l.bytes += blob.Size; l.bytes > taskBytesMax {
			return nil, contract.NewError("invalid_request", fmt.Sprintf(
				"The values that this needs, one of %d bytes among them, are larger than the %d bytes that can be loaded; "+
					"more can only be passed on.", blob.Size, taskBytesMax))
		}
		text, err := l.read(ctx, blob)
		if err != nil {
			return nil, storeError(ctx, err)
		}
		stored, err := jsonvalue.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("the blob %s: %w", blob.SHA256, err)
		}
		if l.loaded[blob.SHA256], err = l.load(ctx, stored); err != nil {
			return nil, err
		}
	}
	return replaceHandles(value, l.loaded), nil
}

func (l *loading) read(ctx context.Context, blob Blob) ([]byte, error) {
	stored, err := l.values.Store.Open(ctx, l.run.Tenant, blob.SHA256)
	if err != nil {
		return nil, err
	}
	defer stored.Close()
	return io.ReadAll(stored)
}

// storeError: a store that does not answer is tried again; a blob that is gone or damaged will not come back by that.
func storeError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ErrLost) {
		return &contract.Error{Type: "invalid_request", Message: "A large value cannot be loaded: " + err.Error(), Cause: err}
	}
	how := "cannot be reached"
	if errors.Is(err, ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		how = "is full"
	}
	return &contract.Error{Type: "unavailable", Message: "The store of large values " + how + ".", Cause: err}
}
