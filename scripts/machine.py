"""The machine a benchmark ran on, and other people's software on it, in processes of its own."""

import datetime
import os
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import jax

_SPAWN = get_context("spawn")
START_LIMIT = 120.0
"""Seconds for imports and a first small problem."""


def describe_machine(*packages: str) -> str:
    """Date, processor and accelerator; below, the versions of the packages."""
    device = jax.devices()[0]
    processor = _processor() or platform.processor()
    accelerator = f"{device.platform} ({device.device_kind})"
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    return f"{datetime.date.today()}  {processor}, {os.cpu_count()} cores, {accelerator}\n{versions}"


def answers(limit: float, function: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
    """What function(*arguments) yields in a process of its own, but the first: that only says that it is warm.

    Ends where the process does, whose standard output is dropped. Raises TimeoutError for an answer that takes longer
    than `limit` seconds.
    """
    receive, send = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_send, args=(send, function, arguments))
    process.start()
    send.close()
    try:
        if receive.poll(START_LIMIT):
            receive.recv()
            while receive.poll(limit):
                yield receive.recv()
        raise TimeoutError
    except EOFError:
        return
    finally:
        process.kill()
        process.join()


def _send(send: Connection, function: Callable[..., Iterator[Any]], arguments: tuple[Any, ...]) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for answer in function(*arguments):
        send.send(answer)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return ""
