package model

import (
	"fmt"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
)

// Request is what a model is asked.
type Request struct {
	// Run and Path are those of the node for which the model is asked.
	Run   contract.RunRef
	Path  string
	Model contract.PlanModel
	// Messages have their contents loaded: no handles in them.
	Messages []Message
	// Format is the `response_format`; nil: text.
	Format *jsonvalue.Object
	Tools  []Tool
}

// Message is one of a conversation.
type Message struct {
	Role       string
	Content    jsonvalue.Value
	ToolCalls  []contract.ToolCall
	ToolCallID string
}

// Tool is one that the model may call. InputSchema is a JSON Schema; nil: any object.
type Tool struct {
	Name, Description string
	InputSchema       jsonvalue.Value
}

// body gives the request of one call: the author's parameters, and over them what Treadle needs.
func (r Request) body(names toolNames) (*jsonvalue.Object, error) {
	body := &jsonvalue.Object{}
	var params *jsonvalue.Object
	if len(r.Model.Params) > 0 {
		parsed, err := jsonvalue.Parse(r.Model.Params)
		if err != nil {
			return nil, fmt.Errorf("the parameters of the model: %w", err)
		}
		params, _ = parsed.(*jsonvalue.Object)
	}
	if r.Model.MaxOutputTokens != nil && !isCapped(params) {
		body.Set("max_completion_tokens", *r.Model.MaxOutputTokens)
	}
	if params != nil {
		for _, member := range params.Members {
			body.Set(member.Key, member.Value)
		}
	}
	messages := make([]jsonvalue.Value, len(r.Messages))
	for i, message := range r.Messages {
		messages[i] = message.param(names)
	}
	body.Set("model", r.Model.Model)
	body.Set("messages", messages)
	if r.Format != nil {
		body.Set("response_format", r.Format)
	}
	if len(r.Tools) > 0 {
		tools := make([]jsonvalue.Value, len(r.Tools))
		for i, tool := range r.Tools {
			tools[i] = tool.param(names)
		}
		body.Set("tools", tools)
	}
	body.Set("stream", true)
	body.Set("stream_options", jsonvalue.NewObject("include_usage", true))
	return body, nil
}

func isCapped(params *jsonvalue.Object) bool {
	if params == nil {
		return false
	}
	_, old := params.Get("max_tokens")
	_, capped := params.Get("max_completion_tokens")
	return old || capped
}

func (m Message) param(names toolNames) jsonvalue.Value {
	text := textOf(m.Content)
	param := jsonvalue.NewObject("role", m.Role, "content", text)
	switch {
	case m.Role == "tool":
		param.Set("tool_call_id", m.ToolCallID)
	case m.Role == "assistant" && len(m.ToolCalls) > 0:
		if text == "" {
			param.Set("content", nil)
		}
		calls := make([]jsonvalue.Value, len(m.ToolCalls))
		for i, call := range m.ToolCalls {
			function := jsonvalue.NewObject("name", names.toWire(call.Name), "arguments", call.Arguments)
			calls[i] = jsonvalue.NewObject("id", call.ID, "type", "function", "function", function)
		}
		param.Set("tool_calls", calls)
	}
	return param
}

// textOf: what is not text stands as JSON.
func textOf(content jsonvalue.Value) string {
	if text, isText := content.(string); isText {
		return text
	}
	return jsonvalue.Canonical(content)
}

func (t Tool) param(names toolNames) jsonvalue.Value {
	function := jsonvalue.NewObject("name", names.toWire(t.Name))
	if t.Description != "" {
		function.Set("description", t.Description)
	}
	schema, isObject := t.InputSchema.(*jsonvalue.Object)
	if !isObject {
		schema = jsonvalue.NewObject("type", "object")
	}
	function.Set("parameters", schema)
	return jsonvalue.NewObject("type", "function", "function", function)
}
