"""A peer of ours, spoken to over its control socket."""

import http.client
import json
import socket
import threading
import time


class Socket(http.client.HTTPConnection):
    """HTTP over the repository's Unix socket."""

    def __init__(self, repository, timeout=60):
        super().__init__("peer", timeout=timeout)
        self.path = f"{repository}/.peerpool/control.sock"

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(repository, method, path, body=None):
    connection = Socket(repository)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        raise OSError(f"{path}: {answer.status} {text.decode()}")
    return json.loads(text) if text else None


class Download:
    """Watches for the end of a download: `verified` is when every byte is, `durable` when it is on disk as well."""

    def __init__(self, repository):
        self.verified = self.durable = self.failure = None
        self.connection = Socket(repository, timeout=None)
        self.connection.request("GET", "/api/v1/events")
        self.answer = self.connection.getresponse()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        for line in self.answer:
            if not line.startswith(b"data:"):
                continue
            event = json.loads(line[5:])
            if event["event"] != "download":
                continue
            state = event["download"]["state"]
            if state in ("completing", "complete"):
                self.verified = self.verified or time.monotonic()
            if state == "complete":
                self.durable = time.monotonic()
                return
            if state == "failed":
                self.failure = event["download"]["cause"]
                return
