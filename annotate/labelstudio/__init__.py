"""The round trip through Label Studio: predictions out, corrections back."""
