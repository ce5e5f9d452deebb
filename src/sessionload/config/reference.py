"""`${NAME}` as a whole value: it comes from the environment variable NAME.

Values of the environments file can be that. A scenario has none: what it says must be in its result, and
where a value shall differ from run to run, `--set` gives it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.config.document import dotted
from sessionload.config.mistakes import Mistakes
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.config.document import Document
    from sessionload.config.node import Node

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def variable_of(node: Node) -> str:
    """Return the name of the environment variable that a text refers to, or nothing."""
    match = REFERENCE.fullmatch(node.text())
    return match[1] if match else ""


def resolved(node: Node, variables: Mapping[str, str]) -> str:
    """Return a text, or what the environment variable holds that it refers to. Raises `InputError`."""
    text = node.text()
    variable = variable_of(node)
    if not variable:
        if "${" in text:
            hint = "let the reference be the whole value, like ${VF_PROJECT_ID}"
            raise node.refuse("bad-reference", f"{node.name} mixes a reference with other text", hint)
        return text
    value = variables.get(variable)
    if not value:
        state = "is not set" if value is None else "is empty"
        message = f"the environment variable {variable} {state}"
        raise node.refuse("missing-variable", message, f"set it before the run: export {variable}=...")
    return value


def refuse_references(document: Document) -> None:
    """Raise `InputError` (bad-reference) for each `${NAME}` in a scenario."""
    mistakes = Mistakes()
    for path, text, is_key in document.texts():
        match = REFERENCE.search(text)
        if match and not is_key and path != ("description",) and path[:2] != ("users", "also"):
            message = f"{dotted(path)} refers to an environment variable, which a scenario cannot"
            option = ".".join(map(str, path))
            hint = f'write a value here, and give another one with --set {option}="${match[1]}"'
            with mistakes:
                raise InputError("bad-reference", message, place=document.written(path).value, hint=hint)
    mistakes.end()
