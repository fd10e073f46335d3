"""Traces: the one home of OpenTelemetry. Everything else passes on a W3C ``traceparent``, which is a text."""
