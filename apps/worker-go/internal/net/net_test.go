package net

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"treadle.dev/treadle/internal/contract"
)

func TestOnlyThePublicInternetIsPublic(t *testing.T) {
	public := []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450::1"}
	closed := []string{
		"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "224.0.0.1", "255.255.255.255",
		"168.63.129.16", "::", "::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "fc00::1", "fe80::1", "fe80::1%eth0", "ff02::1", "2001::1",
		"2001:db8::1", "2002:808:808::1", "3fff::1",
	}
	for _, text := range public {
		if !isPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s is public", text)
		}
	}
	for _, text := range closed {
		if isPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s is not public", text)
		}
	}
}

func TestAHostThatIsANumberIsTheAddressThatItStandsFor(t *testing.T) {
	cases := map[string]string{
		"http://2130706433:9/": "127.0.0.1:9", "http://0x7f000001/": "127.0.0.1", "http://127.1": "127.0.0.1", "http://0177.0.0.1": "127.0.0.1",
		"http://1.2.3.4./": "1.2.3.4", "http://EXAMPLE.com/A": "example.com", "https://a.example:443/": "a.example", "http://a.example:443/": "a.example:443", "http://[::1]:80/": "[::1]:80", "http://0x": "0.0.0.0",
		"http://1.example": "1.example", "http://4294967296": "", "http://1.2.3.4.5": "", "http://256.1.1.1": "", "http://09.1": "",
	}
	for text, expected := range cases {
		target, err := ParseURL(text, nil)
		if (err != nil) != (expected == "") || err == nil && target.Host != expected {
			t.Errorf("%s: %v, %v", text, target, err)
		}
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	cases := map[string]time.Duration{
		"7": 7 * time.Second, " 0.5 ": 500 * time.Millisecond, "Tue, 24 Nov 2026 04:01:30 GMT": 90 * time.Second,
		"Tue, 24 Nov 2026 03:00:00 GMT": 0, "soon": 0, "-3": 0, "2026": 2026 * time.Second, "": 0,
	}
	for header, expected := range cases {
		if got := ParseRetryAfter(header, now); got != expected {
			t.Errorf("%q asks for %v, not %v", header, expected, got)
		}
	}
}

func TestAStatusHasAType(t *testing.T) {
	cases := map[int]string{
		400: "invalid_request", 401: "auth", 403: "auth", 404: "invalid_request", 408: "timeout", 409: "invalid_request",
		422: "invalid_request", 429: "rate_limited", 500: "unavailable", 503: "overloaded", 504: "unavailable", 529: "overloaded",
	}
	for status, expected := range cases {
		if got := TypeOfStatus(status); got != expected {
			t.Errorf("%d is %s, not %s", status, expected, got)
		}
	}
}

// get calls a server; allow says whether its address may be reached.
func get(t *testing.T, address string, headers map[string]string, allow ...string) (*Answer, error) {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	transport := NewEgress(allow)
	defer transport.CloseIdleConnections()
	return Exchange(context.Background(), transport, Call{Method: "GET", URL: target, Headers: headers}, 1000)
}

func typeOf(err error) string {
	if known := contract.AsError(err); known != nil {
		return known.Type
	}
	return fmt.Sprint(err)
}

func TestAPrivateAddressIsReachedOnlyWhereItIsAllowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	authority := strings.TrimPrefix(server.URL, "http://")
	_, port, _ := strings.Cut(authority, ":")
	if _, err := get(t, server.URL, nil, authority); err != nil {
		t.Errorf("allowed: %v", err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		if _, err := get(t, "http://"+host+":"+port, nil); typeOf(err) != "invalid_request" {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestCredentialsStayWithTheirOriginOverRedirects(t *testing.T) {
	var seen http.Header
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header }))
	defer target.Close()
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := target.URL
		if r.URL.Path == "/here" {
			to = "/there"
		}
		if r.URL.Path == "/there" {
			seen = r.Header
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	}))
	defer origin.Close()
	authorities := []string{strings.TrimPrefix(origin.URL, "http://"), strings.TrimPrefix(target.URL, "http://")}
	headers := map[string]string{"authorization": "Bearer x", "x-plain": "1"}
	for path, expected := range map[string]string{"/here": "Bearer x", "/away": ""} {
		if _, err := get(t, origin.URL+path, headers, authorities...); err != nil {
			t.Fatal(err)
		}
		if seen.Get("Authorization") != expected || seen.Get("X-Plain") != "1" || seen.Get("User-Agent") != "" {
			t.Errorf("%s: %v", path, seen)
		}
	}
}

func TestABodyIsBoundedByWhatItUnpacksTo(t *testing.T) {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(make([]byte, packedBytesMax+1)); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	if _, _, err := readBody(bytes.NewReader(packed.Bytes()), "gzip", 10_000); typeOf(err) != "tool_error" {
		t.Errorf("a bomb: %v", err)
	}
	packed.Reset()
	writer.Reset(&packed)
	if _, err := writer.Write(make([]byte, 1_000_000)); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	if content, rest, err := readBody(bytes.NewReader(packed.Bytes()), " GZIP", 1_000_000); err != nil || rest != nil || len(content) != 1_000_000 {
		t.Errorf("what fits: %d, %v", len(content), err)
	}
	start, rest, err := readBody(strings.NewReader("more than that"), "", 4)
	if err != nil || rest == nil {
		t.Fatal(rest, err)
	}
	if end, err := io.ReadAll(rest); err != nil || string(start)+string(end) != "more than that" {
		t.Errorf("what goes on: %q, %q, %v", start, end, err)
	}
	for _, encoding := range []string{"gzip", "deflate", "br", "zip"} {
		if _, _, err := readBody(strings.NewReader("not packed at all"), encoding, 100); typeOf(err) != "tool_error" {
			t.Errorf("%s: %v", encoding, err)
		}
	}
}

func TestARedirectToAPrivateAddressIsRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	}))
	defer server.Close()
	if _, err := get(t, server.URL, nil, strings.TrimPrefix(server.URL, "http://")); typeOf(err) != "invalid_request" {
		t.Error(err)
	}
}
