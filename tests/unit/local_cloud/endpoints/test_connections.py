"""Requests to a container over kept connections, against a server whose every move is told."""

from __future__ import annotations

import os
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from local_cloud.sagemaker.hosting.connections import (
    Connections,
    ContainerGoneError,
    InvocationTimeoutError,
    NotSentError,
)

Behaviour = Callable[[socket.socket], None]
SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Takes connections and lets each behave as the next one of a list."""

    def __init__(self, behaviours: list[Behaviour]) -> None:
        self.connections = 0
        self._behaviours = behaviours
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for behave in self._behaviours:
            connection, _ = self._listener.accept()
            self.connections += 1
            with connection:
                behave(connection)

    def end(self) -> None:
        self._listener.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


@contextmanager
def server(*behaviours: Behaviour) -> Iterator[tuple[Server, Connections]]:
    running = Server(list(behaviours))
    connections = Connections(running.port)
    try:
        yield running, connections
    finally:
        connections.close()
        running.end()


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while not request.endswith(b"\r\n\r\nhello"):
        request += connection.recv(4096)
    return request


def answering(*answers: bytes) -> Behaviour:
    """One answer a request, over one connection."""

    def behave(connection: socket.socket) -> None:
        for answer in answers:
            read_request(connection)
            connection.sendall(answer)

    return behave


def ask(connections: Connections, seconds: float = 10) -> bytes:
    return connections.open("POST", "/invocations", {}, b"hello", seconds).read().body


def test_one_connection_carries_one_request_after_the_other() -> None:
    with server(answering(SMALL, SMALL, SMALL)) as (running, connections):
        assert [ask(connections) for _ in range(3)] == [b"ok"] * 3
        assert running.connections == 1


def test_connections_are_kept_where_the_process_has_more_than_a_thousand_files_open() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as held:
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
        for _ in range(1024):
            held.enter_context(Path(os.devnull).open("rb"))
        with server(answering(SMALL, SMALL)) as (running, connections):
            assert [ask(connections) for _ in range(2)] == [b"ok"] * 2
            assert running.connections == 1


def test_a_connection_that_the_container_closed_is_not_used_again() -> None:
    closed = threading.Event()

    def behave(connection: socket.socket) -> None:
        answering(SMALL)(connection)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with server(behave, answering(SMALL)) as (running, connections):
        assert ask(connections) == b"ok"
        assert closed.wait(10)
        assert ask(connections) == b"ok"
        assert running.connections == 2


def test_an_answer_that_is_not_read_to_its_end_takes_its_connection_along() -> None:
    with server(answering(SMALL), answering(SMALL)) as (running, connections):
        connections.open("POST", "/invocations", {}, b"hello", 10).close()
        assert ask(connections) == b"ok"
        assert running.connections == 2


def test_a_request_that_the_container_broke_off_is_not_sent_again() -> None:
    with server(answering(b"")) as (_, connections):
        with pytest.raises(ContainerGoneError) as raised:
            ask(connections)
        assert not isinstance(raised.value, NotSentError)


def test_a_container_that_takes_no_connection_has_seen_nothing() -> None:
    with server() as (_, connections):
        pass
    with pytest.raises(NotSentError):
        ask(connections)


@pytest.mark.parametrize(
    "broken_off",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n",
    ],
    ids=["with a length", "in chunks"],
)
def test_an_answer_that_is_cut_off_is_none(broken_off: bytes) -> None:
    with (
        server(answering(broken_off)) as (_, connections),
        pytest.raises(ContainerGoneError, match="IncompleteRead"),
    ):
        ask(connections)


def test_an_answer_must_have_ended_in_time_even_where_each_piece_comes_quickly() -> None:
    enough = threading.Event()

    def dribble(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not enough.wait(0.02):
            connection.sendall(b".")

    with server(dribble) as (_, connections):
        with pytest.raises(InvocationTimeoutError, match="no answer within"):
            ask(connections, seconds=0.3)
        enough.set()


def test_pieces_come_as_the_container_sends_them() -> None:
    more = threading.Event()

    def in_two(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert more.wait(10)
        connection.sendall(b"6\r\nsecond\r\n0\r\n\r\n")

    with server(in_two) as (_, connections):
        answer = connections.open("POST", "/invocations", {}, b"hello", 10)
        pieces = answer.chunks()
        assert next(pieces) == b"first"
        more.set()
        assert list(pieces) == [b"second"]
        answer.close()
