"""The embedded Label Studio: a server of our own, started in the background."""
