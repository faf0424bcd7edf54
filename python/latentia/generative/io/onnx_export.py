"""Trained networks as ONNX files, for programs that have neither latentia nor PyTorch.

ONNX is the only format. TorchScript is deprecated, and what ``torch.export`` saves
(``.pt2``) holds a pickle and is read by PyTorch alone, where the model itself can be.
"""

from __future__ import annotations

import copy
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from latentia._extras import install_hint
from latentia._files import check_target, replacing
from latentia._torch_state import with_own_state
from latentia.generative.models.trainable import TrainableModel

SUFFIX = ".onnx"


class _Decoder(nn.Module):
    """z (n, latent_dim), and classes (n,) if there are any → images in 0..1."""

    def __init__(self, model: TrainableModel) -> None:
        super().__init__()
        self.networks = model.networks_  # what the exporter looks for weights in
        self._model = model

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self._model.decode_tensor(z, y).clamp(0, 1)


class _Encoder(nn.Module):
    """Images (n, C, H, W) in 0..1 → z (n, latent_dim)."""

    def __init__(self, model: TrainableModel) -> None:
        super().__init__()
        self.networks = model.networks_
        self._model = model

    def forward(self, images: Tensor) -> Tensor:
        return self._model.encode_tensor(images)


def check_onnx_path(path: Path, *, overwrite: bool) -> None:
    """Raise if no ONNX file may be written there."""
    if path.suffix != SUFFIX:
        raise ValueError(f"the file's name must end in {SUFFIX}, got {path}")
    check_target(path, replace=overwrite, remedy="overwrite=True replaces it")


@with_own_state
def export_onnx(
    model: TrainableModel, path: Path, *, encoder: bool = False, overwrite: bool = False
) -> None:
    """Write a network of a model, as `ImageModel.export` documents."""
    check_onnx_path(path, overwrite=overwrite)
    if encoder and not model.has_encoder:
        raise ValueError(
            f"encoder=True needs a VAE or RAE; a {_name(model)} has no encoder"
        )
    if find_spec("onnxscript") is None:
        raise ImportError(
            f"export needs onnx and onnxscript: {install_hint('export')}",
            name="onnxscript",
        )
    own = copy.copy(model)  # the user's model may be on a GPU or in training
    own.networks_ = copy.deepcopy(model.networks_).to("cpu")
    own.networks_.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    inputs = _inputs(model, encoder)
    network = _Encoder(own) if encoder else _Decoder(own)
    n = torch.export.Dim("n")
    with _quietly(), torch.no_grad():
        program: Any = torch.onnx.export(
            network.eval(),
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=["z" if encoder else "images"],
            dynamic_shapes={name: {0: n} for name in inputs},
            dynamo=True,
            verbose=False,
        )
    _describe(program.model, model, encoder)
    with replacing(path) as temporary:
        temporary.write_bytes(program.model_proto.SerializeToString())


def _inputs(model: TrainableModel, encoder: bool) -> dict[str, Tensor]:
    """Return inputs of two rows, by name; the exporter would fix a size of one."""
    if encoder:
        return {"images": torch.zeros(2, *model.config_.shape, dtype=torch.float32)}
    inputs = {"z": torch.zeros(2, model.latent_dim_, dtype=torch.float32)}
    if model.labelled:
        inputs["y"] = torch.zeros(2, dtype=torch.int64)
    return inputs


def _describe(program: Any, model: TrainableModel, encoder: bool) -> None:
    """Describe the network; remove file paths of this machine."""
    for graph in (program.graph, *(f.graph for f in program.functions.values())):
        for node in graph.all_nodes():
            node.metadata_props.clear()
            node.doc_string = None
            for value in node.outputs:
                value.metadata_props.clear()
        for value in (*graph.inputs, *graph.initializers.values()):
            value.metadata_props.clear()
        graph.metadata_props.clear()
    program.producer_name, program.producer_version = "latentia", version("latentia")
    program.metadata_props.clear()
    program.metadata_props.update(
        {
            "model": _name(model),
            "part": "encoder" if encoder else "decoder",
            "version": version("latentia"),
            "latent_dim": str(model.latent_dim_),
            "image_shape": json.dumps(list(model.config_.shape)),
            "classes": json.dumps(model.classes_.tolist() if model.labelled else []),
            "z": model.codes_description,
        }
    )


def _name(model: TrainableModel) -> str:
    return type(model).__name__


@contextmanager
def _quietly() -> Iterator[None]:
    """Suppress PyTorch's messages on deprecations and missing packages."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
