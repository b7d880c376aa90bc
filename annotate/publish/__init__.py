"""Publishing releases, with or without their texts, and putting the texts back."""

from annotate.publish.publish import Published, publish_release
from annotate.publish.rehydrate import RehydrateReport, rehydrate_release

__all__ = ["Published", "RehydrateReport", "publish_release", "rehydrate_release"]
