"""Lists the benchmarks: each is a module of its own with one command."""

import importlib
import pkgutil

import bench

for module in pkgutil.iter_modules(bench.__path__):
    if module.name not in {"__main__", "fresh_database", "record"}:
        text = importlib.import_module(f"bench.{module.name}").__doc__ or ""
        print(f"python -m bench.{module.name:<16} {text.splitlines()[0]}")
