"""What a project may set of the image template; the defaults are those of the 2019 talk."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.steps.parameters import limited

NETWORKS = ("mobilenet_v2", "small_cnn")


@dataclass(frozen=True, slots=True)
class ImageParameters:
    model: str = limited("mobilenet_v2", choices=NETWORKS)
    epochs: int = limited(5, least=1, most=10_000)
    batch_size: int = limited(32, least=2, most=4096)
    learning_rate: float = limited(1e-4, least=1e-9, most=10)
    image_size: int = limited(160, least=32, most=1024)
    """Width and height in pixels that pictures are stretched to."""
    seed: int = limited(1, least=0, most=2**31 - 1)
    augment: bool = True
