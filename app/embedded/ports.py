"""The ports that the stack will listen on: free, or who has them."""

import errno
import socket
from dataclasses import dataclass

import psutil

from app.embedded.temporal import ADDRESS
from app.settings import Settings
from domain.errors import SetupError


@dataclass(frozen=True)
class Port:
    """A port we are about to listen on, and the setting that moves it."""

    number: int
    host: str
    purpose: str
    setting: str


def needed_ports(settings: Settings) -> list[Port]:
    """Every port that `up` will use with these settings."""
    ports = [Port(settings.port, settings.host, "the web process", "HOLDPOINT_PORT")]
    if settings.temporal_address is None:
        ports.append(Port(settings.temporal_port, ADDRESS, "Temporal", "HOLDPOINT_TEMPORAL_PORT"))
        ports.append(Port(settings.temporal_ui_port, ADDRESS, "Temporal's Web UI", "HOLDPOINT_TEMPORAL_UI_PORT"))
    for index in range(settings.workers):
        number = settings.metrics_port + index
        ports.append(Port(number, ADDRESS, f"the metrics of worker {index + 1}", "HOLDPOINT_METRICS_PORT"))
    return ports


def check_ports(settings: Settings) -> None:
    """Raises SetupError for the first port that cannot be had, naming the setting that moves it."""
    seen: dict[int, Port] = {}
    for port in needed_ports(settings):
        if port.number in seen:
            other = seen[port.number].purpose
            raise SetupError(f"Port {port.number} is meant for {other} and for {port.purpose}: change {port.setting}.")
        seen[port.number] = port
        fault = fault_of(port)
        if fault is not None:
            raise SetupError(fault)


def fault_of(port: Port) -> str | None:
    """Why we could not listen on the port, as a sentence; None when we could."""
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((port.host, port.number))
    except socket.gaierror:
        return f"The address {port.host} for {port.purpose} is not known: correct HOLDPOINT_HOST."
    except OverflowError:
        return f"There is no port {port.number} for {port.purpose}: set {port.setting} lower."
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            used = f"Port {port.number} for {port.purpose} is in use{_by_whom(port.number)}"
            return f"{used}: end that, or set {port.setting} to another port."
        if error.errno == errno.EADDRNOTAVAIL:
            return f"This machine has no address {port.host} for {port.purpose}: correct HOLDPOINT_HOST."
        return (
            f"Port {port.number} for {port.purpose} cannot be used ({error.strerror}): set {port.setting} to another."
        )
    return None


def _by_whom(number: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and local and local.port == number and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:  # not ours to see
        return ""
    return ""
