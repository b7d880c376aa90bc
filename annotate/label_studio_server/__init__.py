"""The embedded Label Studio: a server of our own, started in the background."""

from annotate.label_studio_server.server import (
    Studio,
    check_start,
    explain_end,
    find_studio,
    require_server,
    start_studio,
    stop_studio,
)

__all__ = ["Studio", "check_start", "explain_end", "find_studio", "require_server", "start_studio", "stop_studio"]
