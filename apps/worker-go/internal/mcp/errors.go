package mcp

import (
	"errors"
	"io"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"treadle.dev/treadle/internal/contract"
)

// types are those of codes of JSON-RPC and of the protocol; every other code is the server's own.
var types = map[int64]string{
	jsonrpc.CodeInvalidRequest: "invalid_request",
	jsonrpc.CodeMethodNotFound: "invalid_request",
	jsonrpc.CodeInvalidParams:  "invalid_request",
	-32000:                     "unavailable",
	-32001:                     "timeout",
}

// toError says what went wrong with a server, by the one taxonomy.
func toError(err error, host string) error {
	var answer *jsonrpc.Error
	if errors.As(err, &answer) {
		errorType, known := types[answer.Code]
		if !known {
			errorType = "tool_error"
		}
		return &contract.Error{
			Type:    errorType,
			Message: "The MCP server " + host + " answered: " + answer.Message,
			Details: map[string]any{"code": answer.Code},
			Cause:   err,
		}
	}
	isCutShort := errors.Is(err, mcp.ErrConnectionClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		strings.HasSuffix(err.Error(), "request terminated without response") // The client has no value for this one.
	if isCutShort {
		return &contract.Error{Type: "unavailable", Message: "The answer of " + host + " ended before it was complete.", Cause: err}
	}
	// What went wrong on the way is known before this: the rest is what the client could not read.
	return &contract.Error{Type: "tool_error", Message: "What " + host + " answered is not of the Model Context Protocol.", Cause: err}
}
