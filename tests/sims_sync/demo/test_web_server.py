"""What the simulated web servers have in common: a client that is killed is no event."""

import socket
import struct
import threading
from http import HTTPStatus

import pytest

from sims_sync.demo.web_server import LOOPBACK, Reply, WebServer

RESET = struct.pack("ii", 1, 0)  # close at once, and say so to the other side: what a killed process leaves behind


def test_a_client_that_is_gone_between_two_questions_is_not_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    with WebServer(lambda _asked: Reply(HTTPStatus.OK, {})) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection((LOOPBACK, port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.sendall(b"GET / HTTP/1.1\r\nHost: school\r\n\r\n")
            assert client.recv(1024).startswith(b"HTTP/1.1 200")
        for thread in set(threading.enumerate()) - before:
            if "process_request" in thread.name:
                thread.join(5)
    assert capfd.readouterr().err == ""
