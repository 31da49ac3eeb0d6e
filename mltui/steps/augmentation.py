"""Variation of training pictures with torchvision's transforms."""

from __future__ import annotations

from typing import Any

import torch
from torchvision.transforms import v2 as typed_v2

v2: Any = typed_v2
"""Its names are not exported in the sense of type checkers."""

PICTURES_PER_DRAW = 4
"""Neighbours in a shuffled batch that share one draw: a draw for each picture would take longer than the training."""

_VARIATION = v2.Compose(
    [
        v2.RandomHorizontalFlip(),
        v2.RandomAffine(degrees=15, translate=(0.08, 0.08), scale=(0.9, 1.1)),
        v2.ColorJitter(brightness=0.25, contrast=0.25),
    ]
)


def vary(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 [N, 3, H, W] → the same, from torch's global generator."""
    return torch.cat([_VARIATION(few) for few in torch.split(pictures, PICTURES_PER_DRAW)])
