"""Django's settings of the embedded Label Studio: its own, and one address that its SSRF protection lets through.

Label Studio refuses to connect to addresses of its own machine or network, so that nobody who can log in reaches what
is behind it. Its switches for this know only all or nothing. The live preannotator of `annotate backend` listens on
such an address, and exactly that one (`ANNOTATE_BACKEND_URL`, host and port) is let through here. Should a later
version name its functions otherwise, the address is refused like any other.

Django reads this module inside the server's process; nothing else imports it.
"""

# ruff: noqa: F403, F405
# mypy: ignore-errors

import os
from urllib.parse import urlsplit

from core.utils import io
from requests.adapters import HTTPAdapter

# Label Studio's settings ask Django for settings while they are loaded, which then must be themselves
_ours = os.environ["DJANGO_SETTINGS_MODULE"]
os.environ["DJANGO_SETTINGS_MODULE"] = "label_studio.core.settings.label_studio"
try:
    from label_studio.core.settings.label_studio import *
finally:
    os.environ["DJANGO_SETTINGS_MODULE"] = _ours

MIDDLEWARE = [*MIDDLEWARE, "django.middleware.clickjacking.XFrameOptionsMiddleware"]
X_FRAME_OPTIONS = "SAMEORIGIN"


def _let_through(host, port):
    """Have the protection accept URLs of this host and port, also when it opens the connection."""
    validate = io.validate_url_for_ssrf
    guarded = io.SsrfSafeHTTPAdapter
    send = guarded.send

    def is_backend(url):
        try:
            parts = urlsplit(url)
            return (parts.scheme, parts.hostname, parts.port) == ("http", host, port)
        except (AttributeError, TypeError, ValueError):  # no text, or the port is no number
            return False

    def validate_url_for_ssrf(url, block_local_urls=True):
        return validate(url, block_local_urls=block_local_urls and not is_backend(url))

    def send_request(self, request, *args, **options):
        # each redirect comes here too, with its own URL
        if is_backend(request.url):
            return HTTPAdapter(max_retries=self.max_retries).send(request, *args, **options)
        return send(self, request, *args, **options)

    io.validate_url_for_ssrf = validate_url_for_ssrf
    guarded.send = send_request


if os.environ.get("ANNOTATE_BACKEND_URL"):
    _backend = urlsplit(os.environ["ANNOTATE_BACKEND_URL"])
    _let_through(_backend.hostname, _backend.port)
