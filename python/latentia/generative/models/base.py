"""What all image models share: fit, sample, save and load."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from latentia._arguments import check_count, draw_seed
from latentia._torch_state import building, with_own_state
from latentia.generative.data import ImageSet, as_image_set, mode_of, to_numpy
from latentia.generative.io import model_folder
from latentia.generative.io.onnx_export import export_onnx
from latentia.generative.latent.given_codes import check_codes
from latentia.generative.latent.noise import check_seed, check_truncation
from latentia.generative.models.fitting import train
from latentia.generative.networks.inference import iterate_blocks
from latentia.generative.training.checkpoint import Tensors
from latentia.generative.training.compute import (
    Compute,
    cpu_threads,
)
from latentia.generative.training.model_config import Setting, choose_setting
from latentia.generative.training.plan import State
from latentia.generative.training.recipe import Recipe
from latentia.generative.training.trainer import Training


class ImageModel(BaseEstimator):  # type: ignore[misc]
    """Base of the image models; their own pages tell parameters and attributes."""

    _labelled: ClassVar[bool] = False
    """Whether the model needs labels."""

    _half_life: ClassVar[float] = 20_000.0
    """Of the moving average of the weights, in images."""

    _least_scored: ClassVar[int] = 0
    """Images below which a share that is held out tells too little by itself."""

    score_unit: ClassVar[str] = ""
    """What "score" in ``history_`` counts, and which way is better."""

    balance_classes: bool = False
    """A parameter of models with labels."""

    _codes_are: ClassVar[str] = "standard normal"
    """What images are made of, in words."""

    latent_dim_: int

    _last: tuple[Tensors, dict[str, Any]] | None = None
    """What going on needs, of a model that was trained and not loaded."""

    network: str
    preset: str
    size: tuple[int, int] | None
    mode: str | None
    batch_size: int | None
    learning_rate: float | None
    device: str
    precision: str
    random_state: Any
    verbose: int

    @with_own_state
    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        epochs: int | None = None,
        minutes: float | None = None,
        validation: Any = None,
        run: str | PathLike[str] | None = None,
        resume: str | PathLike[str] | None = None,
        start: ImageModel | str | PathLike[str] | None = None,
        tensorboard: bool = False,
    ) -> Self:
        """Train on images.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset
            Images: (n, H, W) or (n, H, W, C) arrays, (n, C, H, W) tensors, uint8 0..255
            or float 0..1, with 1 to 4 channels of at least 8 × 8 pixels; a folder or
            .zip file of image files, whose sub-folders are the classes; a list of such
            files; or a map-style dataset of images, (image, label) or dictionaries with
            "image" and "label". What is no label of a class is passed over by models
            without classes.
        y : array-like of shape (n,), optional
            Labels: integers or strings.
        epochs : int, optional
            How often every image is seen. If ``minutes`` is not given either, as often
            as makes 2,000 to 20,000 steps, 20 times between these, and the training
            ends early once scores are no better for three tenths of it.
        minutes : float, optional
            How long to train, by the clock.
        validation : float or images or (images, labels), optional
            What scores are taken on: a share of X that is held out, or other images.
            By default X itself. At least two images on either side. A GAN's score is a
            distance between sets: of a share of fewer than 100 images it is taken on
            all of X, so as not to choose a model by chance.
        run : path, optional
            Folder for checkpoints, metrics and sheets of samples while training.
        resume : path, optional
            Folder of an earlier run or of a saved model, which is continued: with the
            same images and parameters it ends as if it had never been interrupted, on
            a CPU bit by bit if it is counted in epochs, had as many threads, and was
            not rolled back. ``epochs`` and ``minutes`` count from its first start.
        start : fitted model, or path of a saved one or of a run, optional
            Its last weights and their moving average are where this training starts,
            on the same or other images; the optimiser begins anew, and all else follows
            from ``random_state``. It must be of the same class, ``latent_dim``,
            ``likelihood``, network and preset, with images of the same size and mode;
            where these are None or "auto", they are those of ``start`` (the size and
            mode of arrays are their own). Of a `ConditionalGAN`, weights that belong to
            a class are taken over by its name, and drawn for a class that is new.
        tensorboard : bool, default=False
            Write the metrics of ``run`` or ``resume`` for TensorBoard too.

        Returns
        -------
        self
            With the averaged weights of the best score.

        Raises
        ------
        ValueError, TypeError
            If an argument or an image is wrong, ``resume`` holds another training, or
            ``start`` a model whose weights do not fit.
        TrainingDivergedError
            If gradients are not finite, even with an eighth of the learning rate.
        MemoryError
            If a step does not fit into memory.
        OSError
            If a folder cannot be read, the last checkpoint not be written, or another
            training writes into the folder.

        Warns
        -----
        FitInterruptedWarning
            Ctrl-C, SIGTERM or SIGHUP ended the training; what it found is kept.
        UserWarning
            Fewer than 500 images, of a training whose length was left open.
        """
        self._check()
        return train(
            self,
            X,
            y,
            epochs=epochs,
            minutes=minutes,
            validation=validation,
            run=None if run is None else Path(run),
            resume=None if resume is None else Path(resume),
            start=start,
            tensorboard=tensorboard,
        )

    def sample(
        self, n: int, *, seed: int | None = None, truncation: float = 1.0
    ) -> NDArray[np.uint8]:
        """Make images.

        Parameters
        ----------
        n : int
            How many.
        seed : int, optional
            Image i of a seed is the same for every n; drawn from ``random_state`` by
            default.
        truncation : float, default=1.0
            Codes lie that much as far from their mean, above 0 and at most 1: below 1
            images are more usual and less varied (Karras et al., "A style-based
            generator architecture", CVPR 2019). For an RAE it is the mean of the
            code's Gaussian, as nearer to the mean of all there may be no images.

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        """
        return self._sample(n, seed, None, truncation)

    def sample_blocks(
        self, n: int, *, seed: int | None = None, truncation: float = 1.0
    ) -> Iterator[NDArray[np.uint8]]:
        """Make the images of ``sample`` and give them 64 at a time.

        For more of them than memory holds; parameters are those of ``sample``.

        Yields
        ------
        images : ndarray of uint8, shape (m, H, W) or (m, H, W, C)
        """
        return self._sample_blocks(n, seed, None, truncation)

    def sample_codes(
        self, n: int, *, seed: int | None = None, truncation: float = 1.0
    ) -> NDArray[np.float32]:
        """Return the codes that ``decode`` makes the images of ``sample`` of.

        Parameters are those of ``sample``.

        Returns
        -------
        z : ndarray of float32, shape (n, latent_dim)
        """
        check_is_fitted(self, "n_steps_")
        n = check_count(n, "n", least=1)
        seed = draw_seed(self.random_state) if seed is None else check_seed(seed)
        codes: NDArray[np.float32] = self._codes(seed, n, check_truncation(truncation))
        return codes

    def decode(self, z: Any) -> NDArray[np.uint8]:
        """Return the images of codes.

        Parameters
        ----------
        z : array-like of shape (n, latent_dim)

        Returns
        -------
        images : ndarray of uint8, shape (n, H, W) or (n, H, W, C)

        Raises
        ------
        TypeError, ValueError
            If z has another type or shape, or numbers that are not finite.
        """
        check_is_fitted(self, "n_steps_")
        return self._decode_all(check_codes(z, self.latent_dim_), None)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the model to a folder.

        ``best.safetensors`` is what samples; after a ``fit``, ``last.safetensors``
        holds what ``fit(resume=)`` needs to go on. Each is written whole or not at all;
        none can run code when it is read.

        Parameters
        ----------
        path : path
        overwrite : bool, default=False
            Replace files of these names.

        Raises
        ------
        FileExistsError
            If there is such a file, and ``overwrite`` is false.
        OSError
            If they cannot be written; earlier files stay.
        """
        check_is_fitted(self, "n_steps_")
        model_folder.save(self, Path(path), overwrite=overwrite)

    def export(
        self,
        path: str | PathLike[str],
        *,
        encoder: bool = False,
        overwrite: bool = False,
    ) -> None:
        """Write the network that makes images to an ONNX file.

        For programs that have neither latentia nor PyTorch. Inputs, for any n:
        ``z``, float32 (n, latent_dim), for GANs and VAEs standard normal numbers; and
        of models with classes ``y``, int64 (n,), indices into ``classes_``. Output:
        ``images``, float32 (n, C, H, W) in 0..1. The file's metadata are the model's
        class, ``classes`` and ``image_shape`` (JSON), ``latent_dim``, and latentia's
        version. The mixture that draws the codes of an RAE is not in the file.

        Parameters
        ----------
        path : path
            Its name ends in ``.onnx``.
        encoder : bool, default=False
            Write that of a VAE or RAE instead, from ``images`` to ``z``, the codes
            that ``encode`` returns.
        overwrite : bool, default=False
            Replace a file of this name.

        Raises
        ------
        ValueError
            If the name has another ending, or a model without encoder is asked for it.
        FileExistsError
            If there is such a file, and ``overwrite`` is false.
        OSError
            If it cannot be written; an earlier file stays.
        ImportError
            If onnx or onnxscript is missing: ``pip install "latentia[export]"``.
        """
        check_is_fitted(self, "n_steps_")
        export_onnx(self, Path(path), encoder=encoder, overwrite=overwrite)

    @classmethod
    @with_own_state
    def load(cls, path: str | PathLike[str], *, device: str = "auto") -> Self:
        """Read a model that ``save`` wrote, or the folder of a run.

        Parameters
        ----------
        path : path
            The folder, of which the best checkpoint is taken, or one of the files.
        device : str, default="auto"
            Where the model is to run.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged, edited, or of another kind or class.
        """
        return model_folder.load(cls, Path(path), device)

    # What every model brings.

    def _check(self) -> None:
        """Raise if an argument of the constructor is wrong."""

    def _network(self, device: torch.device) -> str:
        """Return the name of the networks."""
        return "auto"

    def _rate(self, network: str) -> float:
        """Return the learning rate of networks, if none is asked for."""
        return 2e-3

    def _recipe(self, setting: Setting) -> Recipe:
        """Build the networks and their optimisers, on the CPU."""
        raise TypeError(f"{type(self).__name__} is not a model by itself")

    def _finish(self, data: ImageSet) -> None:
        """Do what remains when the networks are trained."""

    def _extras(self) -> Tensors:
        """Return the tensors that ``_finish`` made."""
        return {}

    def _restore(self, extras: Tensors) -> None:
        """Take back what ``_extras`` gave; nothing, if training was not finished."""

    def _codes(self, seed: int, n: int, truncation: float = 1.0) -> NDArray[Any]:
        """Return what ``_decode`` makes n images of, shape (n, latent_dim)."""
        raise TypeError(f"{type(self).__name__} is not a model by itself")

    def _decode(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        """Return images (B, C, H, W), in 0..1 once they are clamped."""
        raise TypeError(f"{type(self).__name__} is not a model by itself")

    # What is done for all of them.

    def _choose(
        self, data: ImageSet, compute: Compute, like: Setting | None
    ) -> Setting:
        """Return the setting; what is "auto" is as in ``like``, if that is given."""
        network, preset = self._network(compute.device), self.preset
        if like is not None:
            network = like.network if self.network == "auto" else network
            preset = like.preset if preset == "auto" else preset
        return choose_setting(
            data,
            compute,
            preset=preset,
            network=network,
            n_classes=len(data.classes) if self._labelled else 0,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            default_rate=self._rate(network),
        )

    def _build(self, setting: Setting, seed: int, device: torch.device) -> Recipe:
        """Build the recipe; its weights follow from the seed alone."""
        with building(seed):
            recipe = self._recipe(setting)
        recipe.networks.to(device)
        if device.type != "mps":  # where it is not known to be faster, nor right
            recipe.networks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return recipe

    def _take_over(
        self, training: Training, compute: Compute, trained: ImageSet
    ) -> None:
        """Become the trained model, or stay the one before if finishing it fails."""
        before = self.__dict__.copy()
        try:
            self._keep(training, compute)
            self._finish(trained)
        except BaseException:
            self.__dict__ = before
            raise

    def _keep(self, training: Training, compute: Compute) -> None:
        """Set the fitted attributes, from a training that has ended."""
        networks = training.averages.networks
        networks.load_state_dict(training.best or networks.state_dict())
        self._set(networks, training.describe(training.state), compute)
        self._last = training.snapshot

    def _set(
        self, networks: nn.ModuleDict, description: dict[str, Any], compute: Compute
    ) -> None:
        """Set the fitted attributes, from what a checkpoint says."""
        self._description = description
        self.setting_ = Setting.of(description["setting"])
        n_channels, height, width = self.setting_.shape
        state = State(**description["state"])
        self.networks_ = networks
        self.preset_ = self.setting_.preset
        self.latent_dim_ = int(description["parameters"]["latent_dim"])
        self.device_ = str(compute.device)
        self.image_shape_ = (height, width, n_channels)[: 2 + (n_channels > 1)]
        self.classes_ = np.array(description["classes"])
        self.started_from_ = description.get("start")
        self.history_ = state.history
        self.n_steps_ = state.step
        self.skill_, self.sample_skill_ = state.best_skill, state.sample_skill
        self.n_images_seen_ = state.step * self.setting_.batch_size

    def _brought_to(self, X: Any) -> dict[str, Any]:
        """Return the size and mode that images are converted to, for `as_image_set`.

        The mode is the model's. So is the size of pictures in files, and of all if the
        model's own images were converted to it; None leaves arrays as they are.
        """
        n_channels, *size = self.setting_.shape
        files = X if isinstance(X, list | tuple) else [X]
        sized = self._description["parameters"].get("size") is not None
        sized |= bool(files) and all(isinstance(file, str | PathLike) for file in files)
        return {"size": tuple(size) if sized else None, "mode": mode_of(n_channels)}

    def _images(self, X: Any) -> Tensor:
        """Return images (n, C, H, W) of the fitted shape, or raise."""
        check_is_fitted(self, "n_steps_")
        images = as_image_set(X, **self._brought_to(X), least=1).images
        if tuple(images.shape[1:]) != self.setting_.shape:
            raise ValueError(
                f"X holds images of shape {tuple(images.shape[1:])} (channels, height, "
                f"width), the model was fitted to {self.setting_.shape}"
            )
        return images

    def _sample(
        self,
        n: int,
        seed: int | None,
        labels: NDArray[np.int64] | None,
        truncation: float,
    ) -> NDArray[np.uint8]:
        codes = self.sample_codes(n, seed=seed, truncation=truncation)
        return self._decode_all(codes, labels)

    def _sample_blocks(
        self,
        n: int,
        seed: int | None,
        labels: NDArray[np.int64] | None,
        truncation: float,
    ) -> Iterator[NDArray[np.uint8]]:
        """Make images as ``_sample`` does, and give them block by block."""
        codes = self.sample_codes(n, seed=seed, truncation=truncation)
        return self._decode_blocks(codes, labels)

    @with_own_state
    def _decode_all(
        self, codes: NDArray[np.float32], labels: NDArray[np.int64] | None
    ) -> NDArray[np.uint8]:
        images: NDArray[np.uint8] | None = None
        begin = 0
        for block in self._decode_blocks(codes, labels):
            if images is None:
                images = np.empty((len(codes), *block.shape[1:]), np.uint8)
            images[begin : begin + len(block)] = block
            begin += len(block)
        assert images is not None
        return images

    def _decode_blocks(
        self, codes: NDArray[np.float32], labels: NDArray[np.int64] | None
    ) -> Iterator[NDArray[np.uint8]]:
        """Give the images of codes block by block."""
        z = torch.from_numpy(codes)
        y = None if labels is None else torch.from_numpy(labels)
        blocks = iterate_blocks(self._decode, z, y, device=torch.device(self.device_))
        # Between blocks PyTorch is as the caller has it.
        draw = with_own_state(lambda: next(blocks, None))
        while True:
            with cpu_threads():
                found = draw()
            if found is None:
                return
            begin, images = found
            faults = images.isnan().flatten(1).any(dim=1).nonzero()
            if len(faults):
                i = begin + int(faults[0])
                raise ValueError(f"image {i} is not finite: its code is too large")
            yield to_numpy(images)
