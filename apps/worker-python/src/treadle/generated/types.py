# Made by apps/worker-python/scripts/generate.mjs from schemas/. Do not edit: npm run generate.

from typing import Any, Literal, NotRequired, TypedDict

RunId = str

TenantId = str

Time = str

# Names a run's rows: `createdAt` is the key of its partition.
RunRef = TypedDict(
  "RunRef",
  {
    "id": RunId,
    "tenant": TenantId,
    "createdAt": Time,
    "traceparent": NotRequired[str],
  },
)

Path = str

Params = dict[str, Any]

# A secret by name. The worker resolves it at the moment of the call; its value is in no event, checkpoint, log or history.
SecretRef = TypedDict(
  "SecretRef",
  {
    "secret": str,
    "prefix": NotRequired[str],
  },
)

PlanModel = TypedDict(
  "PlanModel",
  {
    "provider": Literal["openai"],
    "model": str,
    "params": NotRequired[Params],
    "maxOutputTokens": NotRequired[int],
    "apiKey": NotRequired[SecretRef],
  },
)

ToolCall = TypedDict(
  "ToolCall",
  {
    "id": str,
    "name": str,
    "arguments": str,
  },
)

Message = TypedDict(
  "Message",
  {
    "role": Literal["system", "user", "assistant", "tool"],
    "content": NotRequired[Any],
    "toolCalls": NotRequired[list[ToolCall]],
    "toolCallId": NotRequired[str],
  },
)

LlmWork = TypedDict(
  "LlmWork",
  {
    "kind": Literal["llm"],
    "model": PlanModel,
    "messages": list[Message],
  },
)

JsonSchema = Any

McpServer = TypedDict(
  "McpServer",
  {
    "url": str,
    "headers": NotRequired[dict[str, str | SecretRef]],
  },
)

# All tools of this server (or `tools` of them) stand for this one: the worker lists them, each as `<name>.<tool>`.
ToolSpecMcp = TypedDict(
  "ToolSpecMcp",
  {
    "server": McpServer,
    "tools": NotRequired[list[str]],
  },
)

ToolSpec = TypedDict(
  "ToolSpec",
  {
    "name": str,
    "description": NotRequired[str],
    "inputSchema": NotRequired[JsonSchema],
    "mcp": NotRequired[ToolSpecMcp],
  },
)

# `path` names the tool call's checkpoint, which has its output; where there is none (a person refused it, it failed, no such tool) `content` is for the model as it stands.
ToolCallResult = TypedDict(
  "ToolCallResult",
  {
    "toolCallId": str,
    "path": NotRequired[Path],
    "content": NotRequired[Any],
  },
)

# One model call of an agent. The transcript is rows of its own: the call reads those of `agent` up to `turn`, and writes the answer there, after `results` of the turn before. Its output is a ModelTurnAnswer. See docs/worker-protocol.md.
ModelTurnWork = TypedDict(
  "ModelTurnWork",
  {
    "kind": Literal["modelTurn"],
    "model": PlanModel,
    "agent": Path,
    "turn": int,
    "instructions": NotRequired[Any],
    "input": NotRequired[Any],
    "tools": NotRequired[list[ToolSpec]],
    "results": NotRequired[list[ToolCallResult]],
    "repair": NotRequired[str],
  },
)

HttpWork = TypedDict(
  "HttpWork",
  {
    "kind": Literal["http"],
    "tool": str,
    "method": str,
    "url": str,
    "query": NotRequired[dict[str, Any]],
    "headers": dict[str, str | SecretRef],
    "body": NotRequired[Any],
    "args": Any,
  },
)

McpWorkServer = TypedDict(
  "McpWorkServer",
  {
    "url": str,
    "headers": NotRequired[dict[str, str | SecretRef]],
  },
)

McpWork = TypedDict(
  "McpWork",
  {
    "kind": Literal["mcp"],
    "tool": str,
    "server": McpWorkServer,
    "args": Any,
  },
)

FunctionWork = TypedDict(
  "FunctionWork",
  {
    "kind": Literal["function"],
    "tool": str,
    "name": str,
    "args": Any,
  },
)

EmitWork = TypedDict(
  "EmitWork",
  {
    "kind": Literal["emit"],
    "event": str,
    "data": Any,
  },
)

CheckpointWork = TypedDict(
  "CheckpointWork",
  {
    "kind": Literal["checkpoint"],
    "name": str,
  },
)

Work = LlmWork | ModelTurnWork | HttpWork | McpWork | FunctionWork | EmitWork | CheckpointWork

Milliseconds = int

# What the author wrote; what is absent comes from the table of error types.
PlanRetry = TypedDict(
  "PlanRetry",
  {
    "maxAttempts": NotRequired[int],
    "initialIntervalMs": NotRequired[Milliseconds],
    "backoffCoefficient": NotRequired[float],
    "maxIntervalMs": NotRequired[Milliseconds],
    "on": NotRequired[list[str]],
  },
)

EventType = Literal["run.created", "run.started", "run.waiting", "run.paused", "run.resumed", "run.completed", "run.failed", "run.cancelled", "node.started", "node.delta", "node.retrying", "node.completed", "node.failed", "node.cancelled", "node.skipped", "node.reused", "tool.started", "tool.completed", "signal.received", "checkpoint.created", "log"] | str

# An event of the workflow itself on its way to the log. `n` counts 1, 2, 3, … in a run, over continue-as-new too; the run's row keeps the last one applied, so that sending again changes nothing.
OutboxEvent = TypedDict(
  "OutboxEvent",
  {
    "n": int,
    "type": EventType,
    "node": NotRequired[Path],
    "ifOpen": NotRequired[bool],
    "data": dict[str, Any],
  },
)

# What a worker is given: the one argument of the activity `executeNode`, on the task queue `treadle-<runtime>`. Everything is resolved: no expressions are left in it; large parts are handles (`{ "$blob": … }`), which the worker loads where it needs their content.
NodeTask = TypedDict(
  "NodeTask",
  {
    "task": Literal[1],
    "run": RunRef,
    "path": Path,
    "work": Work,
    "retry": PlanRetry,
    "catches": NotRequired[list[str]],
    "timeoutMs": NotRequired[Milliseconds],
    "outputSchema": NotRequired[JsonSchema],
    "cacheMs": NotRequired[Milliseconds],
    "byReference": NotRequired[Literal[True]],
    "outbox": list[OutboxEvent],
  },
)

# What was used, summed over calls, retries included. All counts, but `costUsd`.
Usage = TypedDict(
  "Usage",
  {
    "inputTokens": NotRequired[int],
    "outputTokens": NotRequired[int],
    "cachedInputTokens": NotRequired[int],
    "reasoningTokens": NotRequired[int],
    "llmCalls": NotRequired[int],
    "toolCalls": NotRequired[int],
    "costUsd": NotRequired[float],
  },
)

# What a worker gives back: the output (a handle where it is above 16 KiB), and the number of the last outbox event that is in the log.
NodeResult = TypedDict(
  "NodeResult",
  {
    "output": Any,
    "usage": NotRequired[Usage],
    "outboxApplied": int,
  },
)

# How a node or a run failed.
ErrorInfo = TypedDict(
  "ErrorInfo",
  {
    "type": str,
    "message": str,
    "node": NotRequired[Path],
    "details": NotRequired[Any],
  },
)

# `details[0]` of the ApplicationFailure that a failed node ends with; its `type` is the error's.
NodeFailure = TypedDict(
  "NodeFailure",
  {
    "error": ErrorInfo,
    "attempt": NotRequired[int],
    "outboxApplied": int,
  },
)

# A ToolCall as the workflow gets it.
AskedToolCall = TypedDict(
  "AskedToolCall",
  {
    "id": str,
    "name": str,
    "arguments": str,
    "args": NotRequired[Any],
  },
)

# The output of a ModelTurnWork: tool calls to be made, or the agent's answer, or why its answer does not fit `outputSchema`.
ModelTurnAnswer = TypedDict(
  "ModelTurnAnswer",
  {
    "toolCalls": NotRequired[list[AskedToolCall]],
    "output": NotRequired[Any],
    "misfit": NotRequired[str],
  },
)

Sha256 = str

# Names a stored value by its content: SHA-256 of its bytes (JSON, UTF-8) and their number.
Blob = TypedDict(
  "Blob",
  {
    "sha256": Sha256,
    "size": int,
  },
)
