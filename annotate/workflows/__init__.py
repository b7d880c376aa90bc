"""The public functions of commands that join several packages, such as `demo`, `up`, `pull` and `adjudicate`."""
