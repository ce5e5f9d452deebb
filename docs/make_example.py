"""Makes the example reports of these documents, and the pictures of them: `make example`.

Two runs of the demo are kept as `example/NAME.json`: one that was met, and one of a server with faults. Pages
and pictures are made from these files alone, so they follow when the report changes, and a test compares
them. With `--run` both runs are made again first, in a folder of their own: a minute on a quiet machine.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from sessionload.report.model.build import build_report_model
from sessionload.report.views import views
from sessionload.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).parent
EXAMPLE = HERE / "example"
PICTURES = HERE / "pictures"
MADE_OF = PICTURES / "made-of.json"
"""The SHA-256 of each page when its pictures were made."""
WIDTH = 900

ENVIRONMENTS = {
    "report": 'stub: {embedded: true, latency: "lognormal(p50=40ms, p99=180ms)"}\n',
    "missed": """\
stub:
  embedded: true
  latency: "lognormal(p50=70ms, p99=600ms)"
  faults: [stall from 18s for 2s, status 503 every 60, missing_key every 400]
""",
}
"""The server of each run."""


def runs() -> None:
    """Make both runs again, and keep their results."""
    for name, environments in ENVIRONMENTS.items():
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            for part in ("contracts", "scenarios"):
                shutil.copytree(HERE.parent / part, place / part)
            (place / "environments.yaml").write_text(environments)
            command = [sys.executable, "-m", "sessionload", "run", "scenarios/demo.yaml", "--out", "run"]
            ended = subprocess.run(command, cwd=place, check=False)
            if ended.returncode != (name == "missed"):
                sys.exit(f"the run for {name} ended with {ended.returncode}: try again on a quieter machine")
            shutil.copy(place / "run" / "result.json", EXAMPLE / f"{name}.json")


def page_of(name: str) -> str:
    """Return the report of a kept run, as `sessionload report` would write it now."""
    model = build_report_model(RunFolder.named(EXAMPLE / f"{name}.json").read())
    (view,) = views(model, ["html"])
    (page,) = view.render().values()
    return str(page)


def digests() -> dict[str, str]:
    """Return the SHA-256 of each page as it is now."""
    return {
        name: hashlib.sha256((EXAMPLE / f"{name}.html").read_bytes()).hexdigest() for name in ENVIRONMENTS
    }


def picture(page: Page, file: Path, section: str, *, from_top: bool = False) -> None:
    """Write a picture of a section, or of the page from its top to the end of the section."""
    box = page.locator(f"section[aria-labelledby={section}]").bounding_box()
    if box is None:
        sys.exit(f"the report has no section {section}")
    top, bottom = 0 if from_top else box["y"] - 8, box["y"] + box["height"] + 16
    clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top}
    page.screenshot(path=file, full_page=True, clip={**clip})  # type: ignore[arg-type]


def pictures() -> None:
    """Make the pictures of the pages."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto((EXAMPLE / "report.html").as_uri())
        picture(page, HERE / "report.png", "h-targets", from_top=True)
        page.goto((EXAMPLE / "missed.html").as_uri())
        picture(page, PICTURES / "missed.png", "h-targets", from_top=True)
        picture(page, PICTURES / "response.png", "h-response")
        picture(page, PICTURES / "findings.png", "h-findings")
        browser.close()
    MADE_OF.write_text(json.dumps(digests(), indent=1) + "\n")


if __name__ == "__main__":
    EXAMPLE.mkdir(exist_ok=True)
    if "--run" in sys.argv:
        runs()
    for kept in ENVIRONMENTS:
        (EXAMPLE / f"{kept}.html").write_text(page_of(kept))
    pictures()
