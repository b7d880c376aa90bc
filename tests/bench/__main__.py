"""Run the benchmarks, all of them or the named ones: `python -m tests.bench score records`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

names = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
for name in names:
    sys.argv[1:] = []  # each has its own options when it is run by itself
    print(f"\n== {name}", flush=True)
    importlib.import_module(f"tests.bench.bench_{name}").main()
