"""The training loop of the image template: seeded, resumable, keeps the epoch that is best on validation."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from mltui.serving.preprocessing import picture_tensor
from mltui.steps.augmentation import vary
from mltui.steps.checkpoints import find_checkpoint, save_checkpoint
from mltui.steps.contract import Step, StepFailed
from mltui.steps.picture_set import Indices, PictureSet
from mltui.steps.tables import batches

EVERY_SECONDS = 1.5
ROWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class FitPlan:
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    augment: bool
    fingerprint: str
    """Of all that decides the outcome; a checkpoint of another one is not taken up."""


@dataclass(slots=True)
class FitState:
    """Where a training stands after an epoch."""

    epochs: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: dict[str, Any] = field(default_factory=dict)

    def take(self, metrics: dict[str, float], network: nn.Module) -> None:
        self.epochs.append(metrics)
        if self.best_epoch == 0 or _rank(metrics) > _rank(self.epochs[self.best_epoch - 1]):
            self.best_epoch = len(self.epochs)
            self.best_weights = copy.deepcopy(network.state_dict())


def fit(network: nn.Module, pictures: PictureSet, plan: FitPlan, step: Step) -> FitState:
    """Leaves the best epoch's weights in `network`."""
    if len(pictures.train) < 2:
        raise StepFailed("there are fewer than two pictures to train on", hint="Add pictures.")
    optimizer = torch.optim.Adam(network.parameters(), lr=plan.learning_rate)
    state = _resume(network, optimizer, plan, step)
    for epoch in range(len(state.epochs) + 1, plan.epochs + 1):
        started = time.monotonic()
        trained = _train_epoch(network, optimizer, pictures, plan, step, epoch=epoch)
        loss, accuracy = _measure(network, pictures, pictures.validation, step, epoch=epoch, epochs=plan.epochs)
        seconds = round(time.monotonic() - started, 3)
        metrics = {"epoch": epoch, **trained, "validation_loss": loss, "validation_accuracy": accuracy}
        state.take({**metrics, "seconds": seconds}, network)
        _save(network, optimizer, state, plan, step)
        step.progress.report(epoch, plan.epochs, unit="epoch", metrics=state.epochs[-1])
        print(f"epoch {epoch}/{plan.epochs} " + " ".join(f"{name}={value:.4g}" for name, value in metrics.items()))
    network.load_state_dict(state.best_weights)
    return state


def probabilities(network: nn.Module, pictures: PictureSet, indices: Indices) -> np.ndarray:
    """float32 [N, C]"""
    network.eval()
    with torch.inference_mode():
        found = [network(_tensor(pictures, indices[few])).softmax(1) for few in batches(len(indices), ROWS_AT_ONCE)]
    return torch.cat(found).numpy()


def _train_epoch(
    network: nn.Module, optimizer: torch.optim.Optimizer, pictures: PictureSet, plan: FitPlan, step: Step, *, epoch: int
) -> dict[str, float]:
    torch.manual_seed(plan.seed * 1_000_003 + epoch)
    network.train()
    losses, right, seen = 0.0, 0, 0
    parts = _shuffled(pictures.train, plan.batch_size)
    for number, few in enumerate(parts, start=1):
        _set_learning_rate(optimizer, plan, done=(epoch - 1 + number / len(parts)) / plan.epochs)
        labels = torch.from_numpy(pictures.labels[few])
        logits = network(_tensor(pictures, few, is_varied=plan.augment))
        loss = cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses, seen = losses + float(loss.detach()) * len(few), seen + len(few)
        right += int((logits.detach().argmax(1) == labels).sum())
        _check_finite(losses, epoch=epoch)
        if step.progress.is_due(every_seconds=EVERY_SECONDS):
            metrics = {"batch": number, "train_loss": losses / seen}
            step.progress.report(epoch - 1, plan.epochs, unit="epoch", metrics=metrics)
    return {"train_loss": losses / seen, "train_accuracy": right / seen}


def _measure(
    network: nn.Module, pictures: PictureSet, indices: Indices, step: Step, *, epoch: int, epochs: int
) -> tuple[float, float]:
    """Mean loss and accuracy."""
    network.eval()
    loss, right = 0.0, 0
    with torch.inference_mode():
        for few in batches(len(indices), ROWS_AT_ONCE):
            labels = torch.from_numpy(pictures.labels[indices[few]])
            logits = network(_tensor(pictures, indices[few]))
            loss += float(cross_entropy(logits, labels, reduction="sum"))
            right += int((logits.argmax(1) == labels).sum())
            if step.progress.is_due(every_seconds=EVERY_SECONDS):
                step.progress.report(epoch - 1, epochs, unit="epoch")
    return loss / len(indices), right / len(indices)


def _set_learning_rate(optimizer: torch.optim.Optimizer, plan: FitPlan, *, done: float) -> None:
    """Half a cosine from the plan's rate down to a hundredth of it; `done` runs from 0 to 1."""
    for group in optimizer.param_groups:
        group["lr"] = plan.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)


def _shuffled(indices: Indices, batch_size: int) -> list[Indices]:
    """Batches in random order; a last one of one row, which batch normalisation cannot take, joins the one before."""
    order = indices[torch.randperm(len(indices)).numpy()]
    parts = [order[few] for few in batches(len(order), max(batch_size, 2))]
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [np.concatenate(parts[-2:])]
    return parts


def _tensor(pictures: PictureSet, indices: Indices, *, is_varied: bool = False) -> torch.Tensor:
    pixels = pictures.pixels(indices)
    if is_varied:
        varied = vary(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous())
        pixels = varied.permute(0, 2, 3, 1).numpy()
    return torch.from_numpy(picture_tensor(pixels, pictures.spec))


def _check_finite(loss: float, *, epoch: int) -> None:
    if not math.isfinite(loss):
        raise StepFailed(f"the training diverged in epoch {epoch}", hint="Choose a smaller learning_rate.")


def _rank(metrics: Mapping[str, float]) -> tuple[float, float]:
    loss = metrics["validation_loss"]
    return metrics["validation_accuracy"], -loss if math.isfinite(loss) else -math.inf


def _resume(network: nn.Module, optimizer: torch.optim.Optimizer, plan: FitPlan, step: Step) -> FitState:
    found = find_checkpoint(step.checkpoint, fingerprint=plan.fingerprint)
    if found is None:
        return FitState()
    network.load_state_dict(found["network"])
    optimizer.load_state_dict(found["optimizer"])
    print(f"taken up after epoch {len(found['epochs'])}")
    return FitState(found["epochs"], found["best_epoch"], found["best_weights"])


def _save(network: nn.Module, optimizer: torch.optim.Optimizer, state: FitState, plan: FitPlan, step: Step) -> None:
    saved = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epochs": state.epochs,
        "best_epoch": state.best_epoch,
        "best_weights": state.best_weights,
    }
    save_checkpoint(step.checkpoint, saved, fingerprint=plan.fingerprint)
