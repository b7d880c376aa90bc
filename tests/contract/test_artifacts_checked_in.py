"""The generated files in schemas/ are what the schemas give now, and a real server accepts them."""

from __future__ import annotations

import httpx
import pytest

from annotate.artifacts.build import artifacts_dir, find_stale_artifacts
from annotate.artifacts.label_config import to_label_config
from annotate.files import resource_dir
from annotate.label_studio_server import Studio
from annotate.records import Layer
from annotate.schema import load_schema

SCHEMAS = sorted(path.stem for path in resource_dir("schemas").glob("*.toml"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_generated_files_are_up_to_date(name: str) -> None:
    schema = load_schema(name)
    assert find_stale_artifacts(schema, artifacts_dir(schema, name)) == [], "run annotate schema build"


@pytest.mark.studio
@pytest.mark.parametrize("layers", [None, ("entities",), ("quotes",), ("claims",)])
@pytest.mark.parametrize("name", SCHEMAS)
def test_server_accepts_the_interface(studio: Studio, name: str, layers: tuple[Layer, ...] | None) -> None:
    config = to_label_config(load_schema(name).restrict(layers))
    answer = httpx.post(
        f"{studio.url}/api/projects/validate/",
        json={"label_config": config},
        headers={"Authorization": f"Token {studio.api_key}"},
        trust_env=False,
    )
    assert answer.status_code == 204, answer.text
