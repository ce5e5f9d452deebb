"""How an environment says that a document is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sessionload.config.environment import Environment
from sessionload.config.yaml_source import parse
from sessionload.contract.document.binding import Binding
from sessionload.errors import InputError, Place

if TYPE_CHECKING:
    from sessionload.config.document import Document

HERE = "here:\n  url: https://host.example\n  api_key: ${KEY}\n"
VARIABLES = {"KEY": "VF.DM.canary.0123456789", "TENANT": "acme", "GATE": "canary-4f2a9c31d0"}


def read(text: str) -> Document:
    return parse(text.encode(), "environments.yaml")


def binding(*lines: str) -> Binding:
    text = HERE + "".join(f"  {line}\n" for line in lines)
    return Environment.check(read(text), "here", VARIABLES).binding


def test_without_an_alias_the_traffic_split_chooses() -> None:
    environment = Environment.check(read(HERE + "  project: p1234567\n"), "here", VARIABLES)
    assert environment.binding == Binding(project="p1234567")
    assert environment.describe()["environment"] == "(traffic split)"


def test_an_operation_of_its_own_needs_no_project() -> None:
    bound = binding(
        "operation: POST /login/{tenant}", "path: {tenant: '${TENANT}'}", "user: data.user", "session_key: /t"
    )
    assert bound == Binding(
        "POST /login/{tenant}", path={"tenant": "acme"}, user=("data", "user"), session_key=("t",)
    )
    environment = Environment.check(read(HERE + "  operation: x\n"), "here", VARIABLES)
    assert environment.describe()["project"] == "none"


def test_values_by_name_may_come_from_variables_and_are_secrets_then() -> None:
    bound = binding(
        "operation: x",
        "parameters: {version: 2, tags: [a, b, 3], deep: true, tenant: '${TENANT}'}",
        "headers: {x-a: plain, x-b: '${GATE}'}",
    )
    assert bound.parameters == {"version": 2, "tags": ["a", "b", 3], "deep": True, "tenant": "${TENANT}"}
    assert bound.headers == {"x-a": "plain", "x-b": "${GATE}"}
    secrets = {name: secret.reveal() for name, secret in bound.secrets.items()}
    assert secrets == {name: VARIABLES[name] for name in ("TENANT", "GATE")}
    assert "canary" not in repr(bound)
    assert "acme" not in repr(bound)


def test_a_header_may_have_a_scheme_before_its_secret() -> None:
    document = read(HERE + "  project: p\n  headers: {authorization: '${AUTH}'}\n")
    bound = Environment.check(document, "here", {**VARIABLES, "AUTH": "Token ab"}).binding
    assert bound.secrets["AUTH"].reveal() == "Token ab"


@pytest.mark.parametrize(
    ("environment", "answer", "chosen"),
    [
        ("", b'{"environmentID":"canary"}', {"chosen": "canary"}),
        ("", b'{"environmentID":"65f1a2b3c4d5e6f708192a3b"}', {"chosen": "65f1\u202643fb07"}),
        ("", b'{"sessionKey":"k"}', {}),
        ("  environment: main\n", b'{"environmentID":"canary"}', {}),
    ],
)
def test_what_a_traffic_split_chose_is_shown_like_any_environment(
    environment: str, answer: bytes, chosen: dict[str, str]
) -> None:
    document = read(HERE + "  project: p\n" + environment)
    assert Environment.check(document, "here", VARIABLES).chosen(answer) == chosen


def test_nothing_secret_is_left_in_a_text_that_is_shown() -> None:
    environment = Environment.check(
        read(HERE + "  project: p\n  headers: {x-b: '${GATE}'}\n"), "here", VARIABLES
    )
    text = f"before {VARIABLES['KEY']} and {VARIABLES['GATE']} after"
    assert environment.hide(text) == "before *** and *** after"
    keyless = read(HERE.replace("  api_key: ${KEY}\n", "") + "  project: p\n")
    assert Environment.check(keyless, "here", {}).hide(text) == text


def test_an_embedded_environment_has_them_too() -> None:
    stub = Environment.check(
        read("stub: {embedded: true, operation: start, session_key: data.token}\n"), "stub", {}
    )
    assert stub.binding == Binding("start", "stub", "main", filler="stub", session_key=("data", "token"))


def test_an_option_comes_before_the_entry_and_is_its_own_place() -> None:
    document = read(HERE + "  operation: one\n")
    assert Environment.check(document, "here", VARIABLES, operation="two").binding.operation == "two"
    with pytest.raises(InputError) as caught:
        Environment.check(document, "here", VARIABLES, operation="")
    assert caught.value.place == Place("--operation")
    with pytest.raises(InputError) as caught:
        Environment.check(document, "there", VARIABLES, operation="two")
    assert caught.value.code == "unknown-environment"


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("session_key: a..b", "bad-pointer", (4, 16)),
        ("user: /~2", "bad-pointer", (4, 9)),
        ("headers: {'x y': a}", "bad-header", (4, 13)),
        ('headers: {x: "é"}', "bad-header", (4, 16)),
        ('headers: {x: " a"}', "bad-header", (4, 16)),
        ("headers: {x: '${SHORT}'}", "bad-key", (4, 16)),
        ("headers: [x]", "bad-type", (4, 12)),
        ("headers: {x: 'Bearer {key}'}", "bad-reference", (4, 16)),
        ("parameters: {x: [a, '${TENANT}']}", "bad-reference", (4, 23)),
        ("parameters: {x: {a: b}}", "bad-type", (4, 19)),
        ("path: {tenant: 7}", "bad-type", (4, 18)),
        ("path: {tenant: 'a${TENANT}'}", "bad-reference", (4, 18)),
        ("parameters: {a: '${MISSING}'}", "missing-variable", (4, 19)),
        ("operation: '${TENANT}'", "bad-reference", (4, 14)),
        ("operation: ''", "empty-text", (4, 14)),
        (f"path: {{{', '.join(f'k{number}: v' for number in range(51))}}}", "too-long", (4, 9)),
    ],
)
def test_what_cannot_be_is_refused_in_its_place(line: str, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(InputError) as caught:
        Environment.check(read(f"{HERE}  {line}\n  project: p\n"), "here", {**VARIABLES, "SHORT": "a\tb"})
    assert caught.value.code == code
    assert caught.value.place == Place("environments.yaml", *place)
