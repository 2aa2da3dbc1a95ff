"""The connection to Temporal, embedded or external, from the settings alone."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import Client, Interceptor, Plugin
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import Runtime
from temporalio.service import RPCError, TLSConfig

from app.settings import Settings
from app.telemetry import quiet_runtime
from domain.errors import SetupError, Unavailable

CONNECT_SECONDS = 10.0


async def connect(
    settings: Settings,
    *,
    interceptors: Sequence[Interceptor] = (),
    plugins: Sequence[Plugin] = (),
    runtime: Runtime | None = None,
    lazy: bool = False,
) -> Client:
    """A client of the namespace in the settings; a lazy one connects when it is first used, and again after a failure.

    Raises Unavailable when the server does not answer within 10 s or refuses, SetupError for a certificate that cannot
    be read. Neither sentence holds a secret.
    """
    tls = tls_of(settings)
    key = settings.temporal_api_key
    try:
        return await asyncio.wait_for(
            Client.connect(
                settings.temporal_target,
                namespace=settings.temporal_namespace,
                tls=tls,
                api_key=None if key is None else key.get_secret_value(),
                interceptors=list(interceptors),
                plugins=list(plugins),
                data_converter=pydantic_data_converter,
                runtime=runtime or quiet_runtime(),
                lazy=lazy,
            ),
            CONNECT_SECONDS,
        )
    except (RuntimeError, RPCError, TimeoutError, OSError) as error:
        raise Unavailable(_sentence(settings)) from error


def tls_of(settings: Settings) -> TLSConfig | bool:
    """How the connection is secured: False for none. The embedded server listens on this machine alone, without TLS."""
    files = (settings.temporal_tls_server_ca, settings.temporal_tls_client_cert, settings.temporal_tls_client_key)
    if not (settings.temporal_tls or settings.temporal_api_key or any(files)):
        return False
    root, certificate, key = (_read(path) for path in files)
    return TLSConfig(server_root_ca_cert=root, client_cert=certificate, client_private_key=key)


def _read(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise SetupError(f"The file {path} for TLS with Temporal cannot be read ({error.strerror}).") from error


def _sentence(settings: Settings) -> str:
    if settings.temporal_address is None:
        return f"Temporal does not answer on {settings.temporal_target}: start the stack with `holdpoint up`."
    settings_of_it = "HOLDPOINT_TEMPORAL_ADDRESS, and its TLS and API key settings"
    return f"Temporal does not answer on {settings.temporal_target}: check {settings_of_it}."
