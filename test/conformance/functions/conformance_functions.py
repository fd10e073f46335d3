"""The functions that the cases call, as README.md of the suite lists them: the same in every language."""

import asyncio
from typing import Any

import treadle

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


@treadle.function(name="conformance.length", input_schema=TEXT, output_schema={"type": "integer"})
def length(args: Any) -> Any:
    return args.get("result", len(args["text"]))


@treadle.function(name="conformance.stream")
async def stream(args: Any, context: treadle.Context) -> Any:
    for piece in args["pieces"]:
        await context.emit_text(piece)
    await context.log("info", "half way", {"at": context.path})
    return {"run": context.run_id, "tenant": context.tenant, "attempt": context.attempt, "path": context.path}


@treadle.function(name="conformance.fail")
def fail(args: Any) -> None:
    if "type" not in args:
        raise RuntimeError(args["message"])
    raise treadle.TreadleError(args["type"], args["message"], retry_after_ms=args.get("retryAfterMs"))


@treadle.function(name="conformance.wait")
async def wait(args: Any, context: treadle.Context) -> None:
    """Ends when it is told to stop."""
    del args
    await context.emit_text("waiting")
    await asyncio.Event().wait()


@treadle.function(name="conformance.deaf")
async def deaf(args: Any, context: treadle.Context) -> None:
    """Never ends, and listens to nobody."""
    del args
    await context.emit_text("waiting")
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


@treadle.function(name="conformance.secret", secrets=["TOKEN"])
def secret(args: Any, context: treadle.SyncContext) -> Any:
    value = context.secret(args["name"])
    context.log("info", f"It is {value}.")
    for letter in f"It is {value}, I think.":
        context.emit_text(letter)
    return {"value": value, "list": [f"Bearer {value}"], "length": len(value)}


@treadle.function(name="conformance.value")
def value(args: Any) -> Any:
    return args["value"]


@treadle.function(name="conformance.state")
async def state(args: Any, context: treadle.Context) -> Any:
    kept = await context.load_state()
    if kept is not None:
        return {"state": kept, "attempt": context.attempt}
    await context.save_state({"a": {"$blob": args["save"]}} if args.get("forge") else args["save"])
    await context.emit_text("saved")
    if args.get("wait"):
        await asyncio.Event().wait()
    raise treadle.TreadleError("unavailable", "Not yet.")


@treadle.function(name="conformance.metadata")
def metadata(context: treadle.SyncContext) -> Any:
    known = context.metadata()
    return {"workflow": known["workflow"], "version": known.get("version"), "tags": known["tags"]}


@treadle.function(name="conformance.progress")
async def progress(context: treadle.Context) -> None:
    await context.progress(0.25, "a quarter")
    await context.progress(1, "done")
