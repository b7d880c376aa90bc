"""Benchmarks: each `bench_*.py` has a `main()` that prints what it measured, with the peer in the same run."""
