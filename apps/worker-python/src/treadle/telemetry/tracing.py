"""Spans, as OpenTelemetry has them, sent as OTLP over HTTP."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_KINDS = {"client": trace.SpanKind.CLIENT, "consumer": trace.SpanKind.CONSUMER}
_W3C = TraceContextTextMapPropagator()

Attributes = Mapping[str, Any]


class Span:
    """Something that takes time, and is a part of a trace."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """What the parts of it get as their ``parent``."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, trace.set_span_in_context(self._span))
        return carrier["traceparent"]

    def set(self, attributes: Attributes) -> None:
        """An attribute that is None is left out."""
        self._span.set_attributes(_given(attributes))

    def end(self, error_type: str | None = None) -> None:
        """``error_type``: it failed. Only the first end counts."""
        if not self._span.is_recording():
            return
        if error_type is not None:
            self._span.set_attribute("error.type", error_type)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class Tracing:
    """Where spans begin."""

    def __init__(self, tracer: trace.Tracer, shutdown: Callable[[], None]) -> None:
        self._tracer = tracer
        self._shutdown = shutdown

    def start(self, name: str, kind: Literal["client", "consumer"], parent: str | None, attributes: Attributes) -> Span:
        """``parent``: W3C trace context of the span that this one is a part of; None, or a broken one: it begins a trace."""
        context = _W3C.extract({} if parent is None else {"traceparent": parent})
        return Span(self._tracer.start_span(name, context, _KINDS[kind], _given(attributes)))

    async def close(self) -> None:
        """Sends what is left; what cannot be sent any more is lost."""
        await asyncio.to_thread(self._shutdown)


def create_tracing(env: Mapping[str, str], service: str) -> Tracing | None:
    """Traces are sent where OTEL_EXPORTER_OTLP_ENDPOINT says; None where it says nothing, and then nothing of this costs anything. The
    exporter reads its other variables itself (OTEL_EXPORTER_OTLP_HEADERS, OTEL_BSP_…, OTEL_TRACES_SAMPLER).
    """
    if not (env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return None
    # Half a second of imports that nobody else needs.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = env.get("OTEL_SERVICE_NAME") or service
    provider = TracerProvider(resource=Resource.create({"service.name": name, "service.namespace": "treadle"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider.get_tracer("treadle"), provider.shutdown)


def _given(attributes: Attributes) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
