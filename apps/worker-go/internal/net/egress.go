package net

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"treadle.dev/treadle/internal/contract"
)

const (
	connectTimeout = 10 * time.Second
	// answerTimeout bounds the silence before an answer; the node's own timeout is usually shorter.
	answerTimeout = 5 * time.Minute
)

// NewEgress makes connections to the outside for tools: never to private, loopback, link-local or metadata addresses, unless the
// operator allows them. The address that is really connected to decides, whatever the URL said: each one is looked at right before the
// connection is made. allow lists `host:port` as the URL has them, for tools of one's own network. Proxies of the environment are not
// used.
func NewEgress(allow []string) *http.Transport {
	allowed := map[string]bool{}
	for _, authority := range allow {
		allowed[authority] = true
	}
	anywhere := &net.Dialer{Timeout: connectTimeout}
	public := &net.Dialer{Timeout: connectTimeout, ControlContext: refuseClosed}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, authority string) (net.Conn, error) {
			if allowed[strings.ToLower(authority)] {
				return anywhere.DialContext(ctx, network, authority)
			}
			host, port, err := net.SplitHostPort(authority)
			if err != nil {
				return nil, err
			}
			if err := refuseName(ctx, host); err != nil {
				return nil, err
			}
			conn, err := public.DialContext(ctx, network, net.JoinHostPort(host, port))
			if errors.Is(err, errClosed) {
				return nil, denied(host)
			}
			return conn, err
		},
		DisableCompression: true, // What comes packed all the same is unpacked within the same bound.
		// On a connection that was used before, net/http would send again what an Idempotency-Key makes repeatable, unseen by anybody:
		// attempts are Treadle's.
		DisableKeepAlives:     true,
		ResponseHeaderTimeout: answerTimeout,
		TLSHandshakeTimeout:   connectTimeout,
	}
}

var errClosed = errors.New("not an address of the public internet")

// refuseName refuses a name with any address that is not public, so that no order of answers gets around it.
func refuseName(ctx context.Context, host string) error {
	if literal, err := netip.ParseAddr(host); err == nil {
		if !isPublic(literal) {
			return denied(host)
		}
		return nil
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if !isPublic(address.Unmap()) {
			return denied(host)
		}
	}
	return nil
}

// refuseClosed sees the address that is about to be connected to, after every lookup.
func refuseClosed(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(target.Addr().Unmap()) {
		return errClosed
	}
	return nil
}

func denied(host string) error {
	return contract.NewError("invalid_request", host+" is not an address of the public internet, so tools may not reach it. "+
		"The operator can allow it by TREADLE_EGRESS_ALLOW (host:port).")
}
