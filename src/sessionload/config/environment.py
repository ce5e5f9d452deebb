"""An entry of `environments.yaml`, checked: where sessions are started, and with which key.

The key comes from an environment variable, and a host that no entry names cannot be hit. `extends` merges
entries before anything is checked, and each value keeps the place where it was written. Variables are read
only for the entry that is used; a key that is written out is refused in all of them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from sessionload.config import binding, plain_http
from sessionload.config.document import shown
from sessionload.config.entries import merged, read_entries
from sessionload.config.node import Node
from sessionload.config.reference import resolved, variable_of
from sessionload.config.url import Url
from sessionload.contract.document.binding import Binding
from sessionload.contract.response.chosen_environment import chosen_environment
from sessionload.errors import InputError, Place, ValueProblem, nearest
from sessionload.secret import Secret
from sessionload.stub.faults import ScriptedFault
from sessionload.stub.latency import Latency
from sessionload.stub.settings import MOST_CHANNELS, StubSettings
from sessionload.workload.schedule import MOST_ARRIVALS
from sessionload.workload.turns import MOST_TURNS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from sessionload.config.document import Document
    from sessionload.config.entries import Fields

STUB_KEYS = ("latency", "faults", "seed", "concurrency")
"""Keys that only an embedded environment has."""
REMOTE_KEYS = (
    "url",
    "plain_http",
    "project",
    "environment",
    "api_key",
    "ca_file",
    "client_cert",
    "client_key",
)
"""Keys that only an environment with a `url` has."""
LIMITS = ("max_rate", "max_sessions", "max_turns", "max_body", "protected")
"""Keys that keep a run from what the environment does not want."""
KEYS = ("extends", "embedded", *STUB_KEYS, *REMOTE_KEYS, *binding.KEYS, *LIMITS)
"""All keys of an entry."""
REFERABLE = ("url", "project", "environment", "api_key", *binding.MAPPINGS)
"""Keys whose value, or whose values by name, may be `${NAME}`."""

_NEEDED = {
    "url": "https://general-runtime.voiceflow.com",
    "project": "${VF_PROJECT_ID}",
}
TRAFFIC_SPLIT = "(traffic split)"
"""Stands for the environment where the project chooses it for each session."""
_ALIAS = re.compile(r"[a-z][a-z-]{0,31}")
_ID = re.compile(r"[\x21-\x7e]{1,256}")
_DEFAULT_LATENCY = "40ms"
_LARGEST_BODY = 16 * 1024 * 1024
_LARGEST_SEED = 2**63 - 1
MOST_TURNS_OF_A_RUN = MOST_ARRIVALS * MOST_TURNS


@dataclass(frozen=True, slots=True)
class Environment:
    """Where sessions are started. An embedded one has a `stub`, no key, and port 0 until it runs."""

    name: str
    url: str
    """Scheme, host and port, without a slash at the end; `embedded stub` until an embedded one runs."""
    host: str
    port: int
    tls: bool
    binding: Binding = field(default_factory=Binding)
    """How its operation is called."""
    key: Secret | None = None
    key_variable: str = ""
    """The environment variable that the key was read from."""
    max_rate: Fraction | None = None
    """The most arrivals per second that this environment is to be given."""
    max_sessions: int | None = None
    """The most session starts of one run that this environment is to be given."""
    max_turns: int | None = None
    """The most turns of conversations of one run that this environment is to be given."""
    protected: bool = False
    """Whether each run has to be confirmed by name."""
    stub: StubSettings | None = None
    ca_file: str | None = None
    """A file of certificates to trust, named from where the program was started."""
    client_cert: str | None = None
    """The file of the client certificate, with its chain, in PEM; there is a `client_key` then too."""
    client_key: str | None = None
    """The file of its private key, in PEM and not encrypted."""
    max_body: int = 64 * 1024
    """The longest response body that is read, in bytes."""

    @classmethod
    def check(
        cls,
        document: Document,
        name: str,
        variables: Mapping[str, str],
        *,
        operation: str | None = None,
        asked_at: Place | None = None,
    ) -> Environment:
        """Return the environment `name` of an environments file.

        `variables` are the environment variables; only those that this entry names are looked at.
        `operation` comes before that of the entry, as `--operation` does.
        `asked_at` says where the name was written, for the message when there is no such entry.
        Raises `InputError`.
        """
        if (
            operation is not None
            and isinstance(document.data, dict)
            and isinstance(document.data.get(name), dict)
        ):
            document = document.with_value((name, "operation"), operation, Place("--operation"))
        document.refuse_literal_keys()
        entries = read_entries(Node.top(document), KEYS, REFERABLE)
        if name not in entries:
            message = f"there is no environment {shown(name)} in {document.file}"
            place = asked_at or Place(document.file)
            raise InputError("unknown-environment", message, place=place, hint=nearest(name, entries))
        fields = merged(entries, name)
        embedded = "embedded" in fields and fields["embedded"].boolean()
        _refuse_mixture(fields, REMOTE_KEYS if embedded else STUB_KEYS, embedded=embedded)
        here = (
            _embedded(name, fields, variables)
            if embedded
            else _remote(name, entries[name], fields, variables)
        )
        return replace(
            here,
            max_rate=_max_rate(fields["max_rate"]) if "max_rate" in fields else None,
            max_sessions=fields["max_sessions"].integer(1, MOST_ARRIVALS)
            if "max_sessions" in fields
            else None,
            max_turns=fields["max_turns"].integer(1, MOST_TURNS_OF_A_RUN) if "max_turns" in fields else None,
            protected="protected" in fields and fields["protected"].boolean(),
            max_body=fields["max_body"].integer(1, _LARGEST_BODY) if "max_body" in fields else here.max_body,
        )

    def chosen(self, answer: bytes) -> dict[str, str]:
        """Return what `describe` lacks: the environment that a traffic split chose, if the answer says so."""
        text = chosen_environment(answer) if self.binding.environment is None else ""
        return {"chosen": _alias(text)} if text else {}

    def hide(self, text: str) -> str:
        """Return `text` without what is secret here."""
        for secret in (self.key, *self.binding.secrets.values()):
            text = secret.hide(text) if secret is not None else text
        return text

    def at_port(self, port: int) -> Environment:
        """Return an embedded environment whose stub listens on `port`."""
        return replace(self, port=port, url=f"http://{self.host}:{port}")

    def describe(self) -> dict[str, str]:
        """Return what a result says about where it was measured.

        IDs of projects are no secrets, but a report is handed round and need not hand them round: the first
        four characters tell people which one it was, and six digits of a hash tell two of them apart.
        """
        project, environment = self.binding.project or "", self.binding.environment or ""
        if self.stub is None:
            project, environment = _masked(project), _alias(environment)
        described = {
            "name": self.name,
            "url": "embedded stub" if self.stub else self.url,
            "project": project or "none",
            "environment": environment or TRAFFIC_SPLIT,
        }
        if self.stub is None and self.key_variable:
            described["key_variable"] = self.key_variable
        return described


def _refuse_mixture(fields: Fields, foreign: tuple[str, ...], *, embedded: bool) -> None:
    for key in foreign:
        if key in fields:
            kind = "an embedded environment" if embedded else "an environment that is not embedded"
            hint = "remove it, or remove embedded: true" if embedded else "remove it, or add embedded: true"
            raise fields[key].refuse("mixed-environment", f"{kind} cannot have '{key}'", hint, at_key=True)


def _embedded(name: str, fields: Fields, variables: Mapping[str, str]) -> Environment:
    settings = StubSettings(
        latency=_latency(fields["latency"]) if "latency" in fields else _DEFAULT_LATENCY,
        faults=_faults(fields["faults"]) if "faults" in fields else (),
        seed=fields["seed"].integer(0, _LARGEST_SEED) if "seed" in fields else 0,
        concurrency=fields["concurrency"].integer(1, MOST_CHANNELS) if "concurrency" in fields else 0,
    )
    return Environment(
        name,
        "embedded stub",
        settings.host,
        settings.port,
        tls=False,
        binding=binding.binding_of(
            fields,
            variables,
            project=settings.project,
            environment=settings.environment,
            filler=settings.project,
        ),
        stub=settings,
    )


def _latency(node: Node) -> str:
    node.parsed(Latency.parse, "bad-latency", "write it like 40ms or lognormal(p50=40ms, p99=180ms)")
    return node.text()


def _faults(node: Node) -> tuple[str, ...]:
    for line in node.items():
        line.parsed(ScriptedFault.parse, "bad-fault", "write it like status 503 every 10")
    return tuple(line.text() for line in node.items())


def _remote(name: str, entry: Node, fields: Fields, variables: Mapping[str, str]) -> Environment:
    elsewhere = "operation" in fields or "path" in fields  # then the path may have no place for a project
    for key, example in _NEEDED.items():
        if key not in fields and not (key == "project" and elsewhere):
            message = f"the environment '{name}' has no '{key}'"
            raise entry.refuse("missing-key", message, f"add {key}: {example}")
    for key, partner in (("client_cert", "client_key"), ("client_key", "client_cert")):
        if key in fields and partner not in fields:
            message = f"the environment '{name}' has a {key} and no '{partner}'"
            raise fields[key].refuse("missing-key", message, f"add {partner}, or remove {key}", at_key=True)
    try:
        plain = "plain_http" in fields and bool(fields["plain_http"].choice(plain_http.CHOICES))
        address = Url.parse(resolved(fields["url"], variables), plain_http=plain)
    except ValueProblem as problem:
        raise fields["url"].refuse("bad-url", problem.message, problem.cure) from None
    api_key = fields.get("api_key")
    return Environment(
        name,
        address.url,
        address.host,
        address.port,
        tls=address.tls,
        binding=binding.binding_of(
            fields,
            variables,
            project=_identifier(fields.get("project"), variables),
            environment=_identifier(fields.get("environment"), variables),
            base_path=address.path,
            has_key=api_key is not None,
        ),
        key=_key(api_key, variables) if api_key else None,
        key_variable=variable_of(api_key) if api_key else "",
        ca_file=_beside(fields, "ca_file"),
        client_cert=_beside(fields, "client_cert"),
        client_key=_beside(fields, "client_key"),
    )


def _key(node: Node, variables: Mapping[str, str]) -> Secret:
    try:
        return Secret(resolved(node, variables), name=variable_of(node))
    except InputError as error:
        raise node.refuse(error.code, error.message, error.hint) from None


def _identifier(node: Node | None, variables: Mapping[str, str]) -> str | None:
    if node is None:
        return None
    text = resolved(node, variables)
    if not _ID.fullmatch(text) or set(text) == {"."}:
        message = f"{node.name} must be 1 to 256 visible ASCII characters without white space"
        raise node.refuse("bad-id", message, "copy the ID again, whole, without quotes or line ends")
    return text


def _beside(fields: Fields, key: str) -> str | None:
    """Return the path of a file that is named from the folder of the environments file, if it is named."""
    node = fields.get(key)
    return str(PurePath(node.document.file).parent / node.text()) if node else None


def _max_rate(node: Node) -> Fraction:
    limit = node.rate()
    if not limit:
        raise node.refuse("out-of-range", f"{node.name} must be more than 0/s", "write it like 50/s")
    return limit


def _alias(text: str) -> str:
    """Return an alias as it is; an ID is masked."""
    return text if _ALIAS.fullmatch(text) else _masked(text)


def _masked(text: str) -> str:
    if not text:
        return ""
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{text[:4]}…{digest}" if len(text) >= 8 else f"…{digest}"
