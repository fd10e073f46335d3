package blobs

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"treadle.dev/treadle/internal/encryption"
	"treadle.dev/treadle/internal/values"
)

// subject is a store, and how its bytes are changed behind its back.
type subject struct {
	values.Store
	tamper func(t *testing.T, tenant, name string, content []byte)
}

func TestAFolderIsAStore(t *testing.T) {
	root := filepath.Join(t.TempDir(), "blobs")
	for how, keys := range keyrings(t) {
		opened, err := Open(context.Background(), "file://"+filepath.Join(root, how), keys)
		if err != nil {
			t.Fatal(err)
		}
		folder := opened.(*store).rawStore.(*Folder)
		t.Run(how, func(t *testing.T) {
			suite(t, subject{opened, func(t *testing.T, tenant, name string, content []byte) {
				if err := os.WriteFile(folder.pathOf(tenant, name), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}})
		})
		if left, err := os.ReadDir(filepath.Join(root, how, ".incoming")); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// keyrings are those that a store may have.
func keyrings(t *testing.T) map[string]*encryption.Keyring {
	t.Helper()
	keys, err := encryption.ParseKeyring("k1=" + strings.Repeat("A", 43) + "=")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*encryption.Keyring{"plain": nil, "encrypted": keys}
}

// TestOfAServer has a bucket where there is one: test/storage/blobs-of-workers.test.ts starts the server, and says where it is.
func TestOfAServer(t *testing.T) {
	if address := os.Getenv("TREADLE_TEST_S3"); address != "" {
		t.Run("a bucket is a store", func(t *testing.T) { bucket(t, address) })
	}
}

func bucket(t *testing.T, address string) {
	ctx := context.Background()
	for how, keys := range keyrings(t) {
		opened, err := Open(ctx, strings.Replace(address, "?", "/"+how+"?", 1), keys)
		if err != nil {
			t.Fatal(err)
		}
		objects := opened.(*store).rawStore.(*S3)
		t.Run(how, func(t *testing.T) {
			suite(t, subject{opened, func(t *testing.T, tenant, name string, content []byte) {
				put := &s3.PutObjectInput{Bucket: &objects.bucket, Key: objects.keyOf(tenant, name), Body: bytes.NewReader(content)}
				if _, err := objects.client.PutObject(ctx, put); err != nil {
					t.Fatal(err)
				}
			}})
		})
	}

	elsewhere, err := Open(ctx, strings.Replace(address, "s3://", "s3://not-", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := elsewhere.Check(ctx); err == nil {
		t.Error("a bucket that is not there can be used")
	}
	if err := elsewhere.Put(ctx, "default", values.BytesContent([]byte("x"))); err == nil || errors.Is(err, values.ErrLost) {
		t.Error(err)
	}
}

// suite is what every store must do, as test/storage/support/blob-suite.ts has it for that of TypeScript.
func suite(t *testing.T, store subject) {
	ctx := context.Background()
	put := func(t *testing.T, content []byte) string {
		t.Helper()
		if err := store.Put(ctx, "default", values.BytesContent(content)); err != nil {
			t.Fatal(err)
		}
		return values.NameOf(content).SHA256
	}

	t.Run("gives what it was given", func(t *testing.T) {
		for _, size := range []int{0, 1_000, partBytes + 1} {
			content := make([]byte, size)
			_, _ = rand.Read(content)
			if got, err := read(store, "default", put(t, content)); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes: %d, %v", size, len(got), err)
			}
		}
	})

	t.Run("takes the same again, also at the same time", func(t *testing.T) {
		content := bytes.Repeat([]byte("again "), 20_000)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { put(t, content) })
		}
		all.Wait()
		if got, err := read(store, "default", values.NameOf(content).SHA256); err != nil || !bytes.Equal(got, content) {
			t.Error(len(got), err)
		}
	})

	t.Run("takes a stream of 48 MB in pieces, and memory does not grow with it", func(t *testing.T) {
		const size = 48 * 1024 * 1024
		most := watchHeap()
		source := io.LimitReader(&watching{from: rand.Reader, watch: most.sample}, size)
		content, err := values.ReadContent(source)
		if err != nil {
			t.Fatal(err)
		}
		defer content.Discard()
		if err := store.Put(ctx, "default", content); err != nil {
			t.Fatal(err)
		}
		most.sample()
		stored, err := store.Open(ctx, "default", content.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		defer stored.Close()
		if read, err := io.Copy(io.Discard, &watching{from: stored, watch: most.sample}); read != size || err != nil {
			t.Error(read, err)
		}
		if most.bytes > 32*1024*1024 {
			t.Errorf("it held %d bytes", most.bytes)
		}
	})

	t.Run("says what is missing, and what is another tenant's", func(t *testing.T) {
		if _, err := read(store, "default", values.NameOf([]byte("never")).SHA256); !errors.Is(err, values.ErrLost) {
			t.Error(err)
		}
		if _, err := read(store, "other", put(t, []byte("mine"))); !errors.Is(err, values.ErrLost) {
			t.Error(err)
		}
	})

	t.Run("fails in the place of the end of what was tampered with", func(t *testing.T) {
		name := put(t, []byte("the truth"))
		store.tamper(t, "default", name, []byte("the trick"))
		if _, err := read(store, "default", name); !errors.Is(err, values.ErrLost) {
			t.Error(err)
		}
	})

	t.Run("says whether it can be used", func(t *testing.T) {
		if err := store.Check(ctx); err != nil {
			t.Error(err)
		}
	})
}

func read(store values.Store, tenant, name string) ([]byte, error) {
	stored, err := store.Open(context.Background(), tenant, name)
	if err != nil {
		return nil, err
	}
	defer stored.Close()
	return io.ReadAll(stored)
}

// heap tells the most bytes that something still refers to, at the moments of sample.
type heap struct {
	before, bytes uint64
}

func watchHeap() *heap { return &heap{before: inUse()} }

func (h *heap) sample() {
	if now := inUse(); now > h.before {
		h.bytes = max(h.bytes, now-h.before)
	}
}

func inUse() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// watching calls watch every 8 MiB that are read.
type watching struct {
	from  io.Reader
	watch func()
	bytes int
}

func (w *watching) Read(into []byte) (int, error) {
	n, err := w.from.Read(into)
	before := w.bytes / partBytes
	if w.bytes += n; w.bytes/partBytes > before {
		w.watch()
	}
	return n, err
}
