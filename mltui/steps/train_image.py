"""The train step of the image template: pictures in, an ONNX model and its history out.

`python -m mltui.steps.train_image`; needs torch, torchvision, onnx, onnxscript and onnxruntime.
"""

from __future__ import annotations

import os

from mltui.steps.contract import Step, StepFailed, run_step
from mltui.steps.datasets import read_schema
from mltui.steps.image_parameters import ImageParameters
from mltui.steps.parameters import read_parameters


def main(step: Step) -> None:
    parameters = read_parameters(ImageParameters, step.parameters.get("parameters", {}), what="the image template")
    training = step.input("training")
    schema = read_schema(training)
    if schema.kind != "pictures" or schema.classes is None:
        raise StepFailed(f"the image template cannot learn from a {schema.kind}", hint='Use template = "table".')
    # Before torch is loaded. Its threads wait for each other by turning in circles, which on a host with other work
    # to do made a training five to ten times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from mltui.steps.image_training import train

    train(step, training, schema, parameters)


if __name__ == "__main__":
    run_step(main)
