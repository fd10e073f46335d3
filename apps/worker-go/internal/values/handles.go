package values

import (
	"crypto/sha256"
	"encoding/hex"

	"treadle.dev/treadle/internal/jsonvalue"
)

// Blob names a stored value by its content: SHA-256 of its bytes (JSON, UTF-8) and their number.
type Blob struct {
	SHA256 string
	Size   int64
}

// NameOf gives the name of a content.
func NameOf(content []byte) Blob {
	sum := sha256.Sum256(content)
	return Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content))}
}

// ToHandle gives what stands for a stored value inside of another one.
func ToHandle(blob Blob) jsonvalue.Value {
	return jsonvalue.NewObject(handleKey, jsonvalue.NewObject("sha256", blob.SHA256, "size", float64(blob.Size)))
}

// AsHandle gives the blob that the value stands for, and whether it is a handle. The key `$blob` is refused in what comes from
// outside, so no other value looks like one.
func AsHandle(value jsonvalue.Value) (Blob, bool) {
	object, isObject := value.(*jsonvalue.Object)
	if !isObject {
		return Blob{}, false
	}
	inner, has := object.Get(handleKey)
	if !has {
		return Blob{}, false
	}
	var blob Blob
	if named, isObject := inner.(*jsonvalue.Object); isObject {
		sha256, _ := named.Get("sha256")
		size, _ := named.Get("size")
		number, _ := size.(float64)
		blob.SHA256, _ = sha256.(string)
		blob.Size = int64(number)
	}
	return blob, true
}

// HandlesIn gives every handle in the value, at any depth.
func HandlesIn(value jsonvalue.Value) []Blob { return handlesIn(value, nil) }

func handlesIn(value jsonvalue.Value, found []Blob) []Blob {
	if blob, isHandle := AsHandle(value); isHandle {
		return append(found, blob)
	}
	switch v := value.(type) {
	case []jsonvalue.Value:
		for _, item := range v {
			found = handlesIn(item, found)
		}
	case *jsonvalue.Object:
		for _, member := range v.Members {
			found = handlesIn(member.Value, found)
		}
	}
	return found
}

func replaceHandles(value jsonvalue.Value, loaded map[string]jsonvalue.Value) jsonvalue.Value {
	if blob, isHandle := AsHandle(value); isHandle {
		return loaded[blob.SHA256]
	}
	switch v := value.(type) {
	case []jsonvalue.Value:
		items := make([]jsonvalue.Value, len(v))
		for i, item := range v {
			items[i] = replaceHandles(item, loaded)
		}
		return items
	case *jsonvalue.Object:
		members := make([]jsonvalue.Member, len(v.Members))
		for i, member := range v.Members {
			members[i] = jsonvalue.Member{Key: member.Key, Value: replaceHandles(member.Value, loaded)}
		}
		return &jsonvalue.Object{Members: members}
	default:
		return value
	}
}
