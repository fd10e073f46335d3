package blobs

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"treadle.dev/treadle/internal/values"
)

func TestAFolderGivesBackWhatItWasGivenAndLeavesNothingElse(t *testing.T) {
	ctx, root := context.Background(), filepath.Join(t.TempDir(), "blobs")
	store, err := Open(ctx, "file://"+root, nil)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte(`{"large":true}`)
	for range 2 {
		blob := values.NameOf(content)
		if err := store.Put(ctx, "default", blob, content); err != nil {
			t.Fatal(err)
		}
		got, err := store.Get(ctx, "default", blob.SHA256)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%s, %v", got, err)
		}
		if _, err := store.Get(ctx, "other", blob.SHA256); !errors.Is(err, values.ErrLost) {
			t.Errorf("another tenant's: %v", err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(root, ".incoming")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestADamagedBlobIsNotGiven(t *testing.T) {
	ctx, root := context.Background(), t.TempDir()
	folder := &Folder{root: root}
	store := &store{raw: folder}
	blob := values.NameOf([]byte("whole"))
	if err := store.Put(ctx, "default", blob, []byte("whole")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder.pathOf("default", blob.SHA256), []byte("whol"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(ctx, "default", blob.SHA256); !errors.Is(err, values.ErrLost) {
		t.Error(err)
	}
}

func TestAnAddressThatNamesNoStoreIsRefused(t *testing.T) {
	for _, address := range []string{"", "/folder", "http://bucket", "s3:///prefix", "s3://bucket?color=red", "file:"} {
		if _, err := Open(context.Background(), address, nil); err == nil {
			t.Errorf("%q is opened", address)
		}
	}
}
