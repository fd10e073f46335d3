// Package mcp talks to servers of the Model Context Protocol (Streamable HTTP): by way of the egress policy, bounded in bytes, and with
// errors by the one taxonomy.
package mcp

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/net"
	"treadle.dev/treadle/internal/secrets"
)

// protocolVersion is the newest one that every server of today knows; the server may choose an older one.
const protocolVersion = "2025-11-25"

// Sessions opens one for each conversation, and closes it.
type Sessions struct {
	Secrets   *secrets.Secrets
	Redactor  *secrets.Redactor
	Transport http.RoundTripper
}

// Server names one. Values of Headers are texts or references of secrets, which are asked for in the name of Run.
type Server struct {
	URL     string
	Headers map[string]json.RawMessage
	Run     contract.RunRef
}

// Use opens a session with the server for this conversation alone. Errors are by the one taxonomy, but for ctx's own.
func (s *Sessions) Use(ctx context.Context, server Server, conversation func(context.Context, *mcp.ClientSession) error) error {
	target, err := net.ParseToolURL(server.URL)
	if err != nil {
		return err
	}
	headers := map[string]string{}
	if _, err := net.ResolveHeaders(ctx, server.Headers, s.Secrets, secrets.Use{Run: server.Run, Host: target.Host}, headers); err != nil {
		return err
	}
	bounded := &bounded{through: s.Transport, headers: headers, redactor: s.Redactor, host: target.Host}
	client := mcp.NewClient(&mcp.Implementation{Name: "treadle", Version: "1"}, &mcp.ClientOptions{
		Capabilities: &mcp.ClientCapabilities{},
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)), // It would log what servers say.
	})
	transport := &mcp.StreamableClientTransport{
		Endpoint:             target.String(),
		HTTPClient:           &http.Client{Transport: bounded, CheckRedirect: bounded.checkRedirect},
		DisableStandaloneSSE: true, // What the server has to say by itself: nobody listens.
	}
	session, err := client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: protocolVersion})
	if err == nil {
		err = conversation(ctx, session)
		_ = session.Close() // The server may forget the session; one that does not answer is not waited for.
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil || contract.AsError(err) != nil {
		return err
	}
	if failed := bounded.failure(); failed != nil {
		return failed
	}
	return toError(err, target.Host)
}
