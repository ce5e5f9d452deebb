"""A server as a user of Flask writes it, on werkzeug's server; with a word, one that has that fault."""

from __future__ import annotations

import os
import secrets
import sys

from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.serving import make_server

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
KEY = os.environ["E2E_API_KEY"]
LONGEST = 40
ONE_KEY = secrets.token_hex(16)

app = Flask("sessions")


@app.errorhandler(HTTPException)
def problem(error: HTTPException) -> Response:
    answer = jsonify(error=error.name, message=error.description)
    answer.status_code = error.code or 500
    return answer


if FAULT != "deep_body_as_500":

    @app.errorhandler(RecursionError)
    def too_deep(_: RecursionError) -> Response:
        return problem(BadRequest("the body is nested too deeply"))


@app.post("/api/projects/<project>/environments/<environment>/sessions")
def start(project: str, environment: str) -> Response:
    if request.headers.get("X-Api-Key") != KEY:
        abort(401)
    if (project, environment) != ("demo", "main"):
        abort(404)
    body = request.get_json()
    user = body["user"] if FAULT == "missing_user_as_500" and isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(user := body.get("user"), dict):
        abort(400, "a user is needed")
    if not isinstance(user.get("id"), str) or not 1 <= len(user["id"]) <= LONGEST:
        abort(400, "an ID of the user is needed")
    answer = jsonify(data={"token": ONE_KEY if FAULT == "one_key_for_all" else secrets.token_hex(16)})
    answer.headers["X-Request-Id"] = secrets.token_hex(4)
    return answer


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.port, flush=True)  # noqa: T201 - for the test
    server.serve_forever()
