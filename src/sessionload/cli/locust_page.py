"""What Locust's web UI shows of a run here, by the places that Locust has for it.

Its start form would ask for users, a host and a duration, all of which the scenario and the environment say:
they are taken out, and what a press of start would do is shown in their place. While a run is closed its
state is still `running`, so that the page asks once more and gets the verdict.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sessionload.cli.contract_tab import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.web import WebUI

_TAB = "contract"
_HIDDEN = ", ".join(
    [
        *(f'form .MuiFormControl-root:has([name="{name}"])' for name in ("userCount", "spawnRate", "host")),
        "form .MuiAccordion-root",
    ]
)


def extend(
    web_ui: WebUI, plan: str, rows: Callable[[], list[dict[str, str]]], is_busy: Callable[[], bool]
) -> None:
    """Show `plan` in the start form, and `rows` in a tab; `is_busy` says whether a run is not closed yet."""
    update, views = web_ui.update_template_args, web_ui.app.view_functions
    index, stats = views["locust.index"], views["locust.request_stats"]
    shown = _style(plan)

    def update_template_args() -> None:
        update()
        web_ui.template_args |= {
            "hide_common_options": True,
            "missing_host_warning": False,
            "override_host_warning": False,
            "extended_tabs": [{"title": "Contract", "key": _TAB}],
            "extended_tables": [
                {"key": _TAB, "structure": [{"key": key, "title": title} for key, title in COLUMNS.items()]}
            ],
        }

    def extended_index() -> Any:  # noqa: ANN401 -- what Flask takes
        page = index()
        return page.replace("</head>", f"{shown}</head>", 1) if isinstance(page, str) else page

    def extended_stats() -> Any:  # noqa: ANN401 -- what Flask takes
        answer = stats()
        data = json.loads(answer.get_data())
        data["extended_stats"] = [{"key": _TAB, "data": rows()}]
        if is_busy() and data.get("state") == "stopped":
            data["state"] = "running"
        answer.set_data(json.dumps(data))
        return answer

    web_ui.update_template_args = update_template_args
    views["locust.index"], views["locust.request_stats"] = extended_index, extended_stats


def _style(plan: str) -> str:
    """Return the style that takes fields out of the start form, and shows a text there."""
    text = "".join(
        character if character.isalnum() or character in " .,:;/%()-" else f"\\{ord(character):x} "
        for character in plan
    )
    return (
        f"<style>{_HIDDEN} {{ display: none !important }}\n"
        f'form:has([name="userCount"])::before {{ content: "{text}"; white-space: pre-line; display: block }}'
        "</style>"
    )
