"""The round trip through Label Studio: predictions out, annotations back, and proof of what happened on the way."""
