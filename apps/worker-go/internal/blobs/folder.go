package blobs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder keeps blobs as files: `<folder>/<tenant>/<first two digits>/<sha256>`. A file is there whole, or it is not there.
type Folder struct {
	root string
}

func (f *Folder) pathOf(tenant, name string) string {
	return filepath.Join(f.root, tenant, name[:2], name)
}

// place returns once the content, then its name, then the folder's entry are on the disk.
func (f *Folder) place(_ context.Context, tenant, name string, stored sealed) error {
	// No tenant starts with a dot. On the same file system, so that renaming is atomic.
	incoming := filepath.Join(f.root, ".incoming")
	place := f.pathOf(tenant, name)
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
	if err := writeSynced(file, stored); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), place); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(place))
}

func (f *Folder) read(_ context.Context, tenant, name string) (io.ReadCloser, error) {
	if len(name) < 2 {
		return nil, missing(name)
	}
	file, err := os.Open(f.pathOf(tenant, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(name)
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Check makes the folder where it is missing.
func (f *Folder) Check(context.Context) error { return os.MkdirAll(f.root, 0o777) }

func writeSynced(file *os.File, content io.Reader) error {
	_, err := io.Copy(file, content)
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
