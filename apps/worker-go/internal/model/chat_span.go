package model

import (
	"go.opentelemetry.io/otel/attribute"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/jsonvalue"
	"treadle.dev/treadle/internal/tracing"
)

// startSpan makes a span of one request to a model, in the words of the GenAI semantic conventions. Neither what is asked nor what is
// answered is in it.
func (a *Asker) startSpan(request Request, body *jsonvalue.Object) *tracing.Span {
	if a.Tracing == nil {
		return nil
	}
	about := []attribute.KeyValue{
		attribute.String("gen_ai.operation.name", "chat"),
		attribute.String("gen_ai.provider.name", "openai"),
		attribute.String("gen_ai.request.model", request.Model.Model),
		attribute.String("gen_ai.conversation.id", request.Run.ID),
		attribute.String("treadle.node.path", request.Path),
	}
	for key, name := range map[string]string{"max_completion_tokens": "max_tokens", "seed": "seed"} {
		if number, isNumber := numberOf(get(body, key)); isNumber {
			about = append(about, attribute.Int("gen_ai.request."+name, int(number)))
		}
	}
	for _, key := range []string{"temperature", "top_p"} {
		if number, isNumber := numberOf(get(body, key)); isNumber {
			about = append(about, attribute.Float64("gen_ai.request."+key, number))
		}
	}
	return a.Tracing.Start("chat "+request.Model.Model, tracing.Client, request.Run.Traceparent, about...)
}

// endSpan ends it; without an answer the call failed.
func endSpan(span *tracing.Span, used contract.Usage, answer *growing) {
	for name, tokens := range map[string]*int{
		"input_tokens": used.InputTokens, "output_tokens": used.OutputTokens, "cache_read.input_tokens": used.CachedInputTokens,
	} {
		if tokens != nil {
			span.Set(attribute.Int("gen_ai.usage."+name, *tokens))
		}
	}
	if answer == nil {
		span.End("error")
		return
	}
	span.Set(attribute.StringSlice("gen_ai.response.finish_reasons", []string{answer.finishReason}))
	span.End("")
}
