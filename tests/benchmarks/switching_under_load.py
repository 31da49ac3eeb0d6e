"""Deploys and rollbacks under 100,000 requests of 16 callers: what is lost, how late, how long. On an idle machine:

python tests/benchmarks/switching_under_load.py [process|docker] [REQUESTS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stories.shop import tell_cold_story, tell_warm_story
from stories.switching import Story, wrong_versions


def main() -> None:
    engine = sys.argv[1] if len(sys.argv) > 1 else "process"
    requests = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        for name in ("warm", "cold"):
            (Path(folder) / name).mkdir()
        report("warm", tell_warm_story(Path(folder) / "warm", engine=engine, requests=requests))
        report("cold", tell_cold_story(Path(folder) / "cold", engine=engine, requests=1_000))


def report(title: str, story: Story) -> None:
    wrong = wrong_versions(story.load.answers, story.switches)
    print(f"{title}\n{story.figures()}\n{len(wrong)} answers of a version that should not have answered\n")


if __name__ == "__main__":
    main()
