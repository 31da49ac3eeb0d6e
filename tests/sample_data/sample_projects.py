"""Loads the programs of the sample projects, which are no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def load_program(project: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"sample_{project}_{name}", SAMPLES / project / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module
