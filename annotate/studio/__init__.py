"""The embedded Label Studio: a server of our own, started in the background."""

from annotate.studio.server import Studio, find_studio, start_studio, stop_studio

__all__ = ["Studio", "find_studio", "start_studio", "stop_studio"]
