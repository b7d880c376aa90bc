"""Commands that join several rooms: the demo, `up`, and export."""
