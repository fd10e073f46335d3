package blobs

import (
	"context"
	"testing"
)

func TestAnAddressThatNamesNoStoreIsRefused(t *testing.T) {
	for _, address := range []string{"", "/folder", "http://bucket", "s3:///prefix", "s3://bucket?color=red", "file:"} {
		if _, err := Open(context.Background(), address, nil); err == nil {
			t.Errorf("%q is opened", address)
		}
	}
}
