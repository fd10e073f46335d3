"""Wires the worker and starts it."""

import asyncio
import importlib
import logging
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import TLSConfig
from temporalio.worker import Worker

from .agent.offer_tools import OfferTools
from .appender.appender import Appender
from .attempt.attempt_node import AttemptNode, Attempts
from .attempt.finish_output import FinishOutput
from .attempt.traced_attempts import TracedAttempts
from .blobs.store import open_blobs
from .config import TemporalConfig, WorkerConfig
from .database.database import WorkerDatabase, open_pool
from .encryption.codec import EncryptionCodec
from .encryption.keyring import Keyring
from .encryption.sealer import Sealer
from .execute_node import ExecuteNode
from .functions.call import FunctionCaller
from .functions.publish import Publisher
from .functions.registry import registered_functions
from .mcp_client.list_tools import ListTools
from .mcp_client.sessions import McpSessions
from .model.ask_model import AskModel
from .model.chat_client import ChatClient
from .net.egress import egress_client, egress_transport
from .secrets.grants import GrantCheck
from .secrets.redactor import Redactor
from .secrets.secrets import Secrets
from .telemetry.tracing import create_tracing
from .values.schemas import Schemas
from .values.store import Values
from .work.context import Perform
from .work.function import FunctionTool
from .work.http import HttpTool
from .work.llm import LlmCall
from .work.mcp import McpTool
from .work.model_turn import ModelTurn
from .work.plain import checkpoint_work, emit_work

TASK_QUEUE = "treadle-python"
SERVICE = "treadle-worker-python"
# How long a part that is started at the same time may take to come up.
_WAIT_S_MAX = 60.0
_PAUSE_S = 0.5
_FLUSH_S_MAX = 5.0
# A cancel travels with the answer of a heartbeat, so heartbeats are sent as often as they are made.
_HEARTBEAT_THROTTLE = timedelta(seconds=1)

log = logging.getLogger(__name__)

T = TypeVar("T")


async def run_worker(config: WorkerConfig, redactor: Redactor, stopping: asyncio.Event) -> None:
    """Serves until ``stopping`` is set; then takes no more work, lets go of what runs, and writes what waits."""
    if config.openai_api_key is not None:
        redactor.add("OPENAI_API_KEY", config.openai_api_key)
    _import_functions(config.function_modules)
    async with AsyncExitStack() as stack:
        pool = await _wait_for("Postgres", lambda: open_pool(config.database_url))
        stack.push_async_callback(pool.close)
        client = await _wait_for("Temporal", lambda: _connect(config.temporal, config.encryption))
        sealer = Sealer(config.encryption)
        appender = Appender(pool, sealer)
        stack.push_async_callback(appender.close, _FLUSH_S_MAX)
        database = WorkerDatabase(pool, sealer)
        attempt_node = await _attempt_node(config, redactor, appender, database, stack)
        publisher = Publisher(database, registered_functions)
        await publisher.publish()
        publishing = asyncio.create_task(publisher.keep_publishing())
        stack.callback(publishing.cancel)
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            activities=[ExecuteNode(attempt_node).execute_node],
            max_concurrent_activities=config.concurrency,
            graceful_shutdown_timeout=timedelta(),
            max_heartbeat_throttle_interval=_HEARTBEAT_THROTTLE,
        )
        async with worker:
            log.info("polling", extra={"fields": {"namespace": config.temporal.namespace}})
            await stopping.wait()
            log.info("Stopping")
    log.info("Stopped")


async def _attempt_node(
    config: WorkerConfig, redactor: Redactor, appender: Appender, database: WorkerDatabase, stack: AsyncExitStack
) -> Attempts:
    tracing = create_tracing(os.environ, SERVICE)
    if tracing is not None:
        stack.push_async_callback(tracing.close)
    values = Values(open_blobs(config.blobs_url, config.encryption), database)
    schemas = Schemas()
    check = GrantCheck(config.grants, database.stored_workflow_of)
    secrets = Secrets(config.secrets, config.secrets_folder, check, redactor)
    chat = ChatClient(config.openai_api_key, config.openai_base_url, secrets)
    stack.push_async_callback(chat.close)
    transport = egress_transport(config.egress_allow)
    stack.push_async_callback(transport.aclose)
    outside = egress_client(transport)
    sessions = McpSessions(secrets, redactor, transport)
    ask = AskModel(chat, config.models, tracing)
    threads = ThreadPoolExecutor(config.concurrency, thread_name_prefix="function")
    stack.callback(threads.shutdown, wait=False, cancel_futures=True)
    caller = FunctionCaller(secrets, database, threads)
    work: dict[str, Perform] = {
        "llm": LlmCall(ask, schemas),
        "http": HttpTool(secrets, redactor, outside),
        "function": FunctionTool(registered_functions, caller, schemas),
        "emit": emit_work,
        "checkpoint": checkpoint_work,
        "mcp": McpTool(sessions, redactor),
        "modelTurn": ModelTurn(ask, schemas, database, OfferTools(database, ListTools(sessions))),
    }
    attempts = AttemptNode(appender, database, work, FinishOutput(redactor, schemas, values), values, redactor)
    return attempts if tracing is None else TracedAttempts(attempts, tracing)


def _import_functions(modules: tuple[str, ...]) -> None:
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:
            raise RuntimeError(f"The module {name}, which registers functions, cannot be imported: {error}") from error


async def _connect(config: TemporalConfig, keyring: Keyring | None) -> Client:
    telemetry = TelemetryConfig(logging=LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR")))
    tls = TLSConfig(config.server_ca, client_cert=config.client_cert, client_private_key=config.client_key)
    return await Client.connect(
        config.address,
        namespace=config.namespace,
        api_key=config.api_key,
        data_converter=_converter(keyring),
        tls=tls if config.server_ca or config.client_cert else config.tls,
        runtime=Runtime(telemetry=telemetry),
    )


def _converter(keyring: Keyring | None) -> DataConverter:
    """With keys, messages of failures are payloads, which the codec encrypts, and not plain text."""
    if keyring is None:
        return DataConverter.default
    return DataConverter(
        payload_codec=EncryptionCodec(keyring), failure_converter_class=DefaultFailureConverterWithEncodedAttributes
    )


async def _wait_for(what: str, connect: Callable[[], Awaitable[T]]) -> T:
    """What ``connect`` gives, tried again for a minute."""
    end_s = time.monotonic() + _WAIT_S_MAX
    waiting = False
    while True:
        try:
            return await connect()
        except Exception as error:
            if time.monotonic() + _PAUSE_S > end_s:
                raise RuntimeError(f"{what} could not be reached within {_WAIT_S_MAX:.0f} s: {error}") from error
            if not waiting:
                log.info("Waiting for %s", what, extra={"fields": {"reason": str(error)}})
            waiting = True
        await asyncio.sleep(_PAUSE_S)
