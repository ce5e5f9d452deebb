"""A server on Python's `http.server`; with a word, one that has that fault."""

from __future__ import annotations

import json
import os
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
KEY = os.environ["E2E_API_KEY"]
PATH = ["", "v4", "project", "demo", "environment", "main", "session"]
LARGEST = 64 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", 0))
        body = self.rfile.read(size) if size <= LARGEST else None
        status, answer = self.answer(body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if body is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(data)
        if body is None:  # or the client could not read the answer
            while size > 0 and (piece := self.rfile.read(min(size, LARGEST))):
                size -= len(piece)

    def answer(self, body: bytes | None) -> tuple[int, dict[str, str]]:  # noqa: PLR0911 - one for each refusal
        if self.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"message": "who is it?"}
        if [*map(unquote, self.path.split("/"))] != PATH:
            return 404, {"message": "there is no such path"}
        if body is None:
            return 413, {"message": "that is too much"}
        if self.headers.get_content_type() != "application/json":
            return 415, {"message": "only JSON"}
        try:
            user = json.loads(body.decode())["userID"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return 400, {"message": "a userID is needed"}
        if not isinstance(user, str) or not user:
            return 400, {"message": "the userID is a text"}
        key = "" if FAULT == "key_is_empty" else secrets.token_hex(16)
        return 200, {"sessionKey": key, "userID": user.strip() if FAULT == "user_is_trimmed" else user}

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)  # noqa: T201 - for the test
    server.serve_forever()
