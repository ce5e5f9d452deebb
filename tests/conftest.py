"""What every test shares: hypothesis without a clock, because machines here are shared and noisy."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["real_parts"]

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
