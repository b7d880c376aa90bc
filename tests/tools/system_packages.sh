#!/bin/sh
# Installs the browser, the database server and ssh-keygen, which the tests use, where that is possible (Debian, root).
# Where it is not, the tests that need them say so and are skipped.
set -u
missing=""
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v ssh-keygen >/dev/null 2>&1 || missing="$missing openssh-client"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "note: not installed, tests that need them are skipped:$missing" >&2
  exit 0
fi
apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null \
  || echo "note: could not be installed, tests that need them are skipped:$missing" >&2
exit 0
