"""What a user installs: a wheel, run from an empty folder, with an empty home."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODEL_FILES = ("network.onnx", "chains.json", "vocabulary.txt", "confidence.json", "weights.safetensors")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables under which `python -m annotate` is the one from the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "wheel", "--no-deps"]
    build += ["--no-build-isolation", "-w", str(folder)]  # with the locked hatchling, not the newest
    subprocess.run([*build, str(ROOT)], check=True)
    wheel = next(folder.glob("*.whl"))
    # 53 MB: the bundled network twice, 25 MB each: as it runs (ONNX), and as `annotate train` goes on from it
    assert wheel.stat().st_size < 55e6, "the wheel outgrew its limit"
    with zipfile.ZipFile(wheel) as archive:
        assert {f"annotate/preannotate/news/model/{name}" for name in MODEL_FILES} <= set(archive.namelist())
        archive.extractall(folder / "site")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LABEL_STUDIO", "ANNOTATE"))
    }
    return {**environment, "PYTHONPATH": str(folder / "site"), "HOME": str(folder / "home"), "XDG_DATA_HOME": ""}


def test_the_wheel_is_what_runs_and_it_finds_its_resources(installed: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import annotate; from annotate.files import resource_dir; print(annotate.__file__)\n"
        "print(sorted(p.name for p in resource_dir('seeds').glob('*.txt')), resource_dir('gold'))\n"
        "from annotate.schema import load_schema; print(load_schema().ref)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env=installed, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert installed["PYTHONPATH"] in run.stdout.splitlines()[0]
    assert run.stdout.count(".txt") == 5
    assert "news/2" in run.stdout


@pytest.mark.studio
@pytest.mark.slow
def test_demo_from_the_wheel(installed: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "annotate", "demo", "--stop"]
    run = subprocess.run(command, env=installed, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stderr
    assert "f1:strict:entities" in run.stdout
    assert (tmp_path / "annotate-demo" / "gold" / "news" / "0.1.0" / "manifest.json").is_file()
    again = subprocess.run(
        command, env=installed, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert again.returncode == 0, again.stderr
