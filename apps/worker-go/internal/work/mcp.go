package work

import (
	"context"

	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/mcp"
)

// MCPTools calls tools of MCP servers.
type MCPTools interface {
	Call(ctx context.Context, server mcp.Server, tool string, args jsonvalue.Value) (jsonvalue.Value, error)
	List(ctx context.Context, server mcp.Server, wanted []string) ([]jsonvalue.Value, error)
}

// MCP makes one call of a tool of an MCP server, in a session of its own.
func MCP(tools MCPTools) Perform {
	return func(ctx context.Context, c *Context) (Result, error) {
		work := c.Task.Work.MCP
		args, err := c.Load(ctx, work.Args)
		if err != nil {
			return Result{}, err
		}
		c.Usage.AddToolCall()
		output, err := tools.Call(ctx, mcp.Server{URL: work.Server.URL, Headers: work.Server.Headers, Run: c.Task.Run}, work.Tool, args)
		return Result{Output: output}, err
	}
}
