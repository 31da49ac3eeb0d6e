"""The networks of the image template, without pre-trained weights: [N, 3, H, W] in, logits [N, C] out."""

from __future__ import annotations

from torch import nn
from torchvision.models.mobilenetv2 import MobileNetV2

SMALL_CNN_CHANNELS = (16, 32, 64, 96)


def build_network(name: str, *, classes: int) -> nn.Module:
    """Random weights from torch's global generator."""
    if name == "mobilenet_v2":
        network: nn.Module = MobileNetV2(num_classes=classes)
        return network
    if name == "small_cnn":
        return _small_cnn(classes)
    raise ValueError(f"no network is named {name!r}")


def _small_cnn(classes: int) -> nn.Module:
    """Each of its four layers halves width and height."""
    first = SMALL_CNN_CHANNELS[0]
    layers: list[nn.Module] = [
        nn.Conv2d(3, first, 5, stride=2, padding=2, bias=False),
        nn.BatchNorm2d(first),
        nn.ReLU(),
    ]
    inputs = first
    for outputs in SMALL_CNN_CHANNELS[1:]:
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(inputs, classes))
