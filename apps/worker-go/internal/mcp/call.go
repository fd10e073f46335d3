package mcp

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

const errorLengthMax = 1_000

// Call calls a tool. Its output: what the server gave as structured; else the text, where it gave one; null where it gave nothing; else
// the list of its contents. What the tool itself reports as an error is `tool_error`.
func (s *Sessions) Call(ctx context.Context, server Server, tool string, args jsonvalue.Value) (jsonvalue.Value, error) {
	var result *mcp.CallToolResult
	err := s.Use(ctx, server, func(ctx context.Context, session *mcp.ClientSession) (err error) {
		arguments := json.RawMessage(jsonvalue.Text(args))
		result, err = session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
		return err
	})
	if err != nil {
		return nil, err
	}
	if result.IsError {
		said := jsonvalue.Cut(s.Redactor.Text(textOf(result.Content)), errorLengthMax)
		if said == "" {
			said = "The tool \"" + tool + "\" reported an error."
		}
		return nil, contract.NewError("tool_error", said)
	}
	return outputOf(result)
}

func outputOf(result *mcp.CallToolResult) (jsonvalue.Value, error) {
	if result.StructuredContent != nil {
		return jsonvalue.Of(result.StructuredContent)
	}
	if len(result.Content) == 0 {
		return nil, nil
	}
	if text, isText := result.Content[0].(*mcp.TextContent); isText && len(result.Content) == 1 {
		return text.Text, nil
	}
	return jsonvalue.Of(result.Content)
}

func textOf(content []mcp.Content) string {
	var texts []string
	for _, part := range content {
		if text, isText := part.(*mcp.TextContent); isText {
			texts = append(texts, text.Text)
		}
	}
	return strings.Join(texts, "\n")
}
