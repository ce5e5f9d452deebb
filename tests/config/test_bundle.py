"""A document is read with the files beside it that it refers to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_documents import PATH, USER, body_of, document_of

from sessionload.config.bundle import MOST_FILES, bundle, references_of
from sessionload.config.contract_files import LARGEST_BYTES, places_shown, read_contract
from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.other_files import written_reference
from sessionload.errors import InputError, Place
from sessionload.metrics.exchange import Outcome

OK = b'{"sessionKey": "k"}'


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        dump = json.dumps if name.endswith(".json") else yaml.safe_dump
        path.write_text(content if isinstance(content, str) else dump(content))
    return folder / "openapi.yaml"


def document_with(answer: dict[str, Any]) -> dict[str, Any]:
    return document_of(body_of(USER), {"Answer": answer}) | {
        "paths": {
            PATH: {
                "post": {
                    "operationId": "startSession",
                    "requestBody": {"content": {"application/json": {"schema": body_of(USER)}}},
                    "responses": {"200": {"content": {"application/json": {"schema": answer}}}},
                }
            }
        }
    }


def contract_of(file: Path) -> Contract:
    document, sha256 = read_contract(file)
    with places_shown(file):
        binding = Binding(project="p", environment="e")
        return Contract.from_document(document, binding, file=str(file), sha256=sha256)


def refusal_of(file: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        contract_of(file)
    return caught.value


def test_files_are_relative_to_the_file_that_refers_and_may_go_in_circles(tmp_path: Path) -> None:
    files = {
        "openapi.yaml": document_with({"$ref": "schemas/answer.yaml#/Answer"}),
        "schemas/answer.yaml": {
            "Answer": {
                "type": "object",
                "required": ["sessionKey"],
                "properties": {
                    "sessionKey": {"$ref": "#/Key"},
                    "next": {"$ref": "./a%20b~/c.json"},
                    "user": {"$ref": "../openapi.yaml#/components/schemas/Answer"},
                },
            },
            "Key": {"type": "string", "minLength": 1},
        },
        "schemas/a b~/c.json": {"type": "array", "items": {"$ref": "../answer.yaml#/Answer"}},
    }
    judge = contract_of(write(tmp_path, files)).judge
    for body, outcome in (
        (OK, Outcome.OK),
        (b'{"sessionKey": "k", "next": [{"sessionKey": "k"}], "user": {"sessionKey": "k"}}', Outcome.OK),
        (b'{"sessionKey": "k", "next": [{"sessionKey": ""}]}', Outcome.CONTRACT_VIOLATION),
        (b'{"sessionKey": "k", "user": {}}', Outcome.CONTRACT_VIOLATION),
    ):
        assert judge(200, "application/json", body).outcome is outcome


def test_whole_paths_may_be_files(tmp_path: Path) -> None:
    document = document_with({"type": "object", "properties": {"sessionKey": {"type": "string"}}})
    item = document["paths"][PATH]
    document["paths"][PATH] = {"$ref": "paths/start.json"}
    file = write(tmp_path, {"openapi.yaml": document, "paths/start.json": item})
    assert contract_of(file).judge(200, "application/json", OK).outcome is Outcome.OK


def test_the_digest_is_that_of_all_files_and_of_a_single_one_as_it_is(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"sessionKey": {"type": "string"}}}
    alone = write(tmp_path / "alone", {"openapi.yaml": document_with(schema)})
    digests = [read_contract(alone)[1]]
    for kind in ("string", "integer"):
        files = {"openapi.yaml": document_with({"$ref": "a.json"}), "a.json": {"type": kind}}
        digests += [read_contract(write(tmp_path / kind, files))[1]]
        assert read_contract(tmp_path / kind / "openapi.yaml")[1] == digests[-1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("reference", "code", "message"),
    [
        ("missing.yaml", "file-missing", "missing.yaml"),
        ("here/missing.yaml#/a", "file-missing", "missing.yaml"),
        ("../outside.yaml", "reference-outside", "not below its folder"),
        ("a/../../outside.yaml", "reference-outside", "not below its folder"),
        ("/etc/passwd", "reference-outside", "not below its folder"),
        ("%2e%2e/outside.yaml", "reference-outside", "not below its folder"),
        ("link.yaml", "reference-outside", "not below its folder"),
        ("linked/outside.yaml", "reference-outside", "not below its folder"),
        ("loop", "file-unreadable", "cannot be read"),
        ("a%00b", "file-unreadable", "cannot be read"),
        ("here", "file-not-regular", "a folder"),
        ("https://example.com/a.yaml", "remote-reference", "leads out of the document"),
        ("file:///etc/passwd", "remote-reference", "leads out of the document"),
        ("//example.com/a.yaml", "remote-reference", "leads out of the document"),
        ("a.yaml?b", "remote-reference", "leads out of the document"),
        ("http://[", "remote-reference", "leads out of the document"),
        ("good.yaml#/c", "broken-reference", "'good.yaml#/c' leads nowhere"),
        ("good.yaml#name", "broken-reference", "'good.yaml#name' leads nowhere"),
    ],
)
def test_what_is_not_read_is_refused_where_it_is_referred_to(
    tmp_path: Path, reference: str, code: str, message: str
) -> None:
    folder = tmp_path / "mine"
    file = write(folder, {"openapi.yaml": document_with({"$ref": reference}), "good.yaml": {"a": {"b": 1}}})
    (folder / "here").mkdir()
    outside = write(tmp_path, {"outside.yaml": {"type": "object"}}).parent
    (folder / "link.yaml").symlink_to("../outside.yaml")
    (folder / "linked").symlink_to(outside)
    (folder / "loop").symlink_to("loop")
    error = refusal_of(file)
    text = file.read_text().splitlines()
    assert (error.code, message in error.message) == (code, True), error
    assert error.place
    assert error.place.file == str(file)
    assert error.place.line
    assert text[error.place.line - 1][error.place.column or 0 :].startswith("ref: ")
    assert error.hint
    assert "\n" not in str(error)


def test_what_is_wrong_in_another_file_is_refused_there(tmp_path: Path) -> None:
    document = document_with({"$ref": "a.yaml"})
    for text, code, place in (
        ("a: [", "yaml-syntax", (2, 1)),
        ("type: object\nrequried: []\n", "unknown-keyword", (2, 1)),
        ('{"a": 1,\n "a": 2}', "json-value", (2, 2)),
        ("allOf:\n- $ref: b.yaml\n", "file-missing", (2, 3)),
        ("items: {$ref: '#/no'}\n", "broken-reference", (1, 9)),
    ):
        error = refusal_of(write(tmp_path, {"openapi.yaml": document, "a.yaml": text}))
        assert (error.code, error.place) == (code, Place(str(tmp_path / "a.yaml"), *place)), error


def test_what_no_request_needs_is_never_refused(tmp_path: Path) -> None:
    document = document_with({"type": "object", "properties": {"sessionKey": {"type": "string"}}})
    document["components"]["schemas"] = {"A": {"$ref": "missing.yaml"}, "B": {"$ref": "../b.yaml"}}
    file = write(tmp_path, {"openapi.yaml": document})
    assert contract_of(file).judge(200, "application/json", OK).outcome is Outcome.OK


def test_a_link_that_stays_below_the_folder_is_followed(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"sessionKey": {"type": "string"}}}
    file = write(tmp_path, {"v1/openapi.yaml": document_with({"$ref": "a.yaml"}), "v1/a.yaml": schema})
    for name in ("openapi.yaml", "a.yaml"):
        (tmp_path / name).symlink_to(Path("v1") / name)
    assert contract_of(file).judge(200, "application/json", OK).outcome is Outcome.OK


def test_all_files_together_are_as_large_as_one_may_be(tmp_path: Path) -> None:
    half = "# " + "x" * (LARGEST_BYTES // 2) + "\n{type: object}\n"
    schema = {"allOf": [{"$ref": "a.yaml"}, {"$ref": "b.yaml"}]}
    file = write(tmp_path, {"openapi.yaml": document_with(schema), "a.yaml": half, "b.yaml": half})
    error = refusal_of(file)
    assert error.code == "file-too-large"
    assert f"{LARGEST_BYTES:,}" in error.message


def test_the_number_of_files_is_bounded_whether_they_are_there_or_not() -> None:
    root: dict[str, Any] = {"a": [{"$ref": f"{number}.yaml"} for number in range(MOST_FILES + 2)]}
    looked_at: list[str] = []

    def read(name: str) -> dict[str, Any]:
        looked_at.append(name)
        if len(looked_at) % 2:
            raise InputError("file-missing", "it is not there")
        return {}

    bundle(root, "openapi.yaml", read)
    assert len(looked_at) == MOST_FILES
    assert len(root["x-sessionload-files"]) == MOST_FILES // 2
    assert root["x-sessionload-unread"]["0.yaml"]["code"] == "file-missing"
    assert root["x-sessionload-unread"][f"{MOST_FILES + 1}.yaml"]["code"] == "too-many-files"


def test_no_document_can_write_what_is_brought_into_it(tmp_path: Path) -> None:
    held = {"x-sessionload-files": {"a.yaml": {"type": "object"}}, "x-sessionload-unread": {"https://a": 1}}
    for reference in ("#/x-sessionload-files/a.yaml", "https://a"):
        error = refusal_of(write(tmp_path, {"openapi.yaml": document_with({"$ref": reference}) | held}))
        assert error.code in {"broken-reference", "remote-reference"}


@pytest.mark.parametrize("text", ["[1]", "- a\n", "text", "7"])
def test_a_document_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, {"openapi.yaml": text})
    error = refusal_of(file)
    assert (error.code, error.place) == ("unsupported-openapi", Place(str(file), 1, 1))


def test_data_and_names_are_no_references() -> None:
    reference = {"$ref": "a"}
    document = {
        "example": reference,
        "enum": [{"$ref": "b"}],
        "examples": [{"$ref": "c"}],
        "properties": {
            "$ref": {"type": "string"},
            "example": {"$ref": "d"},
            "default": {"properties": {"$ref": {"$ref": "e"}}},
        },
        "responses": {"200": {"examples": {"one": {"$ref": "f"}, "two": {"value": {"$ref": "g"}}}}},
        "parameters": [{"$ref": "h", "description": "i"}],
    }
    assert [node["$ref"] for node in references_of(document)] == ["d", "e", "f", "h"]


def test_a_mapping_that_an_alias_names_is_read_once() -> None:
    shared = {"$ref": "b.yaml"}
    root = {"a": shared, "c": shared}
    bundle(root, "openapi.yaml", lambda _: {})
    assert shared == {"$ref": "#/x-sessionload-files/b.yaml"}


@pytest.mark.parametrize(
    ("reference", "written"),
    [
        ("#/x-sessionload-files/a.yaml/#name", "a.yaml#name"),
        ("#/components/schemas/A", "#/components/schemas/A"),
        ("#/x-sessionload-files/a%20b~1c~0.yaml", "a b/c~.yaml"),
        ("#/x-sessionload-files/a.yaml/b~1c", "a.yaml#/b~1c"),
    ],
)
def test_people_see_the_reference_that_they_would_write(reference: str, written: str) -> None:
    assert written_reference(reference) == written
