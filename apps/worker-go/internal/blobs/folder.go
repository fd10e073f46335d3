package blobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"treadle.dev/treadle/internal/values"
)

// Folder keeps blobs as files: `<folder>/<tenant>/<first two digits>/<sha256>`. A file is there whole, or it is not there.
type Folder struct {
	root string
}

func (f *Folder) pathOf(tenant, name string) string {
	return filepath.Join(f.root, tenant, name[:2], name)
}

// Put stores the content; once it returns, the content, then its name, then the folder's entry are on the disk.
func (f *Folder) Put(_ context.Context, tenant string, blob values.Blob, content []byte) error {
	// No tenant starts with a dot. On the same file system, so that renaming is atomic.
	incoming := filepath.Join(f.root, ".incoming")
	place := f.pathOf(tenant, blob.SHA256)
	for _, folder := range []string{incoming, filepath.Dir(place)} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
	}
	file, err := os.CreateTemp(incoming, "")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // Nothing is left of it where it was renamed.
	if err := writeSynced(file, content); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), place); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(place))
}

// Get gives the content, which is checked against its name.
func (f *Folder) Get(_ context.Context, tenant, name string) ([]byte, error) {
	if len(name) < 2 {
		return nil, missing(name)
	}
	content, err := os.ReadFile(f.pathOf(tenant, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(name)
	}
	if err != nil {
		return nil, err
	}
	return verified(content, name)
}

func writeSynced(file *os.File, content []byte) error {
	_, err := file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
