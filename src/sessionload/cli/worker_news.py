"""What is said of workers while a run goes on: who is there, who has come later, who is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.units import duration_text

if TYPE_CHECKING:
    from sessionload.distribution.gathering import Waiting
    from sessionload.metrics.worker_events import WorkerLoss, WorkerSeen


def waiting_sentence(step: Waiting) -> str:
    """Return who is ready before the load."""
    there = f"{step.ready} of {step.wanted} workers are ready"
    return f"{there} ({step.news})" if step.news else there


def joined_sentence(worker: WorkerSeen) -> str:
    """Return who has come when there was load already."""
    dealt = duration_text(worker.joined_ns)
    return f"worker {worker.worker + 1} came later ({worker.where}), and performs its share from {dealt} on"


def lost_sentence(loss: WorkerLoss) -> str:
    """Return who is lost, and from when on others do its work."""
    at, dealt = duration_text(loss.at_ns), duration_text(loss.dealt_ns)
    return f"worker {loss.worker + 1} was lost at {at}: what was its is dealt to the others from {dealt} on"
