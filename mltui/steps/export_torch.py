"""From a torch network to ONNX."""

from __future__ import annotations

import logging

import onnx
import torch
from torch import nn

from mltui.serving.model import OUTPUTS, PICTURE


class _WithProbabilities(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(picture)
        return logits.softmax(dim=1)


def to_onnx(network: nn.Module, *, width: int, height: int) -> onnx.ModelProto:
    """Input `picture` [N, 3, H, W], output `scores` [N, C]: probabilities. `network` gives logits."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    program = torch.onnx.export(
        _WithProbabilities(network).eval(),
        (torch.zeros(2, 3, height, width),),
        dynamo=True,
        verbose=False,
        input_names=[PICTURE],
        output_names=[OUTPUTS["classification"]],
        dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
    )
    if program is None:
        raise RuntimeError("torch.onnx gave no program")
    return program.model_proto
