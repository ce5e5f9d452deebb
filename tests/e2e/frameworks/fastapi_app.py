"""A server as a user of FastAPI writes it, served by uvicorn; with a word, one that has that fault.

It prints its port. With `--document FILE` it writes the document that FastAPI makes of it, and ends.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
KEY = os.environ["E2E_API_KEY"]

app = FastAPI(title="Sessions")
header = APIKeyHeader(name="Authorization", auto_error=False)


class Start(BaseModel):
    user_id: Annotated[str, Field(alias="userID", min_length=1, max_length=64)]
    channel: str = "web"


class Session(BaseModel):
    session_key: Annotated[str, Field(alias="sessionKey", min_length=1)]


class Problem(BaseModel):
    detail: str


def check_key(key: Annotated[str | None, Depends(header)]) -> None:
    if FAULT == "no_key_is_good" and not key:
        return
    if key != KEY:
        raise HTTPException(401, "the key is not known")


if FAULT == "validation_as_500":

    @app.exception_handler(RequestValidationError)
    def failed(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": str(error)[:40]}, 500)


@app.post(
    "/v4/project/{project_id}/environment/{environment_id}/session",
    status_code=201,
    responses={401: {"model": Problem}, 404: {"model": Problem}},
    dependencies=[Depends(check_key)],
)
def start_session(project_id: str, environment_id: str, start: Start) -> Session:
    if (project_id, environment_id) != ("demo", "main"):
        raise HTTPException(404, "no such project or environment")
    assert start.user_id
    return Session.model_validate({"sessionKey": secrets.token_urlsafe(24)})


def main() -> None:
    if FAULT == "--document":
        Path(sys.argv[2]).write_text(json.dumps(app.openapi()), encoding="utf-8")
        return
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - for the test
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


if __name__ == "__main__":
    main()
