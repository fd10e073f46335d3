package mcp

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"treadle.dev/treadle/internal/contract"
)

// types are those of codes of JSON-RPC; every other code is the server's own.
var types = map[int64]string{
	jsonrpc.CodeInvalidRequest: "invalid_request",
	jsonrpc.CodeMethodNotFound: "invalid_request",
	jsonrpc.CodeInvalidParams:  "invalid_request",
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
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax), errors.As(err, &shape):
		return &contract.Error{Type: "tool_error", Message: "What " + host + " answered is not of the Model Context Protocol.", Cause: err}
	case errors.Is(err, mcp.ErrConnectionClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &contract.Error{Type: "unavailable", Message: "The answer of " + host + " ended before it was complete.", Cause: err}
	default:
		return &contract.Error{Type: "tool_error", Message: "The MCP server " + host + ": " + err.Error(), Cause: err}
	}
}
