"""Properties of this folder are judged by what holds, not by how fast a busy machine shows it."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("release", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("release")
