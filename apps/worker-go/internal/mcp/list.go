package mcp

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/values"
)

const (
	listMax  = 30 * time.Second
	pagesMax = 20
	toolsMax = 200
	nameMax  = 200
	// toolLengthMax is that of one tool's schema as JSON. All of them are sent with each call of the model.
	toolLengthMax        = 32 * 1024
	listLengthMax        = 256 * 1024
	descriptionLengthMax = 4_000
)

// List lists tools of a server, by their own names: those that are wanted, in that order, or all by name. What they say about themselves
// is data for the model, and never more. The error is of type `tool_error` past a bound (a filter is the way around it), and
// `invalid_request` where a wanted tool is not there.
func (s *Sessions) List(ctx context.Context, server Server, wanted []string) ([]jsonvalue.Value, error) {
	var found []jsonvalue.Value
	bounded, cancel := context.WithTimeout(ctx, listMax)
	defer cancel()
	err := s.Use(bounded, server, func(ctx context.Context, session *mcp.ClientSession) (err error) {
		found, err = listAll(ctx, session, wanted)
		return err
	})
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = contract.NewError("timeout", fmt.Sprintf("The MCP server did not list its tools within %v.", listMax))
	}
	return found, err
}

func listAll(ctx context.Context, session *mcp.ClientSession, wanted []string) ([]jsonvalue.Value, error) {
	specs, length := map[string]jsonvalue.Value{}, 0
	isComplete := func() bool {
		return wanted != nil && !slices.ContainsFunc(wanted, func(name string) bool { return specs[name] == nil })
	}
	params := &mcp.ListToolsParams{}
	for range pagesMax {
		page, err := session.ListTools(ctx, params)
		if err != nil {
			return nil, err
		}
		for _, tool := range page.Tools {
			if wanted != nil && !slices.Contains(wanted, tool.Name) {
				continue
			}
			spec, err := specOf(tool)
			if err != nil {
				return nil, err
			}
			specs[tool.Name] = spec
			length += len(jsonvalue.Text(spec))
		}
		if len(specs) > toolsMax || length > listLengthMax {
			return nil, contract.NewError("tool_error", fmt.Sprintf(
				"The MCP server lists more than %d tools, or %d characters of them: name the ones that are wanted in `tools`.",
				toolsMax, listLengthMax))
		}
		if page.NextCursor == "" || isComplete() {
			return inOrder(specs, wanted)
		}
		params.Cursor = page.NextCursor
	}
	return nil, contract.NewError("tool_error", fmt.Sprintf("The MCP server’s list of tools has more than %d pages.", pagesMax))
}

func specOf(tool *mcp.Tool) (jsonvalue.Value, error) {
	schema, err := jsonvalue.Of(tool.InputSchema)
	if err != nil {
		return nil, err
	}
	if length := len(jsonvalue.Text(schema)); len(tool.Name) > nameMax || length > toolLengthMax {
		return nil, contract.NewError("tool_error", fmt.Sprintf(
			"The MCP server’s tool %q has a schema of %d characters, or a name too long: at most %d are offered to a model.",
			jsonvalue.Cut(tool.Name, 100), length, toolLengthMax))
	}
	if err := values.CheckForeign(schema, fmt.Sprintf("The schema of the tool %q", tool.Name)); err != nil {
		return nil, err
	}
	spec := jsonvalue.NewObject("name", tool.Name)
	if tool.Description != "" {
		spec.Set("description", jsonvalue.Cut(tool.Description, descriptionLengthMax))
	}
	spec.Set("inputSchema", schema)
	return spec, nil
}

// inOrder: the same list gives the same request.
func inOrder(specs map[string]jsonvalue.Value, wanted []string) ([]jsonvalue.Value, error) {
	if wanted == nil {
		for name := range specs {
			wanted = append(wanted, name)
		}
		slices.Sort(wanted)
	}
	found := make([]jsonvalue.Value, len(wanted))
	for i, name := range wanted {
		if specs[name] == nil {
			return nil, contract.NewError("invalid_request", fmt.Sprintf("The MCP server has no tool %q.", name))
		}
		found[i] = specs[name]
	}
	return found, nil
}
