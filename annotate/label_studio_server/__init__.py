"""The embedded Label Studio: a server of our own, started in the background."""

from annotate.label_studio_server.server import (
    Studio,
    explain_end,
    find_studio,
    require_server,
    start_studio,
    stop_studio,
)

__all__ = ["Studio", "explain_end", "find_studio", "require_server", "start_studio", "stop_studio"]
