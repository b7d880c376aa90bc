"""Publishing releases, with or without their texts, and putting the texts back (`annotate.publish.rehydrate`)."""

from annotate.publish.publish import Published, publish_release

__all__ = ["Published", "publish_release"]
