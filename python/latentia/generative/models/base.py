"""What all image models share: fit, save, export and load."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from latentia._torch_state import with_own_state
from latentia.generative.io import model_folder
from latentia.generative.io.onnx_export import export_onnx
from latentia.generative.models.fitting import train
from latentia.generative.models.private_fit import check_private_fit
from latentia.generative.models.sampling import SamplingModel
from latentia.privacy.dp_sgd import DPSGD


class ImageModel(SamplingModel):
    """Base of the image models; each class documents its parameters and attributes."""

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
        privacy: DPSGD | None = None,
    ) -> Self:
        """Train on images.

        Parameters
        ----------
        X : array, tensor, path or torch Dataset
            Images: (n, H, W) or (n, H, W, C) arrays, (n, C, H, W) tensors, uint8 0..255
            or float 0..1, with 1 to 4 channels of at least 8 × 8 pixels; a folder or
            .zip file of image files, whose sub-folders are the classes; a list of such
            files; or a map-style dataset of images, (image, label) or dictionaries with
            "image" and "label". Models without classes ignore labels that are not
            integers or strings.
        y : array-like of shape (n,), optional
            Labels: integers or strings.
        epochs : int, optional
            How often every image is seen. If ``minutes`` is not given either: 20, but
            at least 2,000 and at most 20,000 steps; the training then ends early if no
            score has improved for three tenths of it.
        minutes : float, optional
            How long to train, by the clock.
        validation : float or images or (images, labels), optional
            Images that scores are computed on: a share of X that is held out, or other
            images. By default X itself. At least two images are needed on either side.
            A GAN's score is a distance between sets: with a share of fewer than 100
            images it is computed on all of X, because the choice of the best model
            would be random.
        run : path, optional
            Folder for checkpoints, metrics and grids of samples while training.
        resume : path, optional
            Folder of an earlier run or of a saved model, which is continued: with the
            same images and parameters it ends as if it had never been interrupted. On a
            CPU it ends with the same bits if the length is given in epochs, the number
            of threads is the same, and there was no rollback. ``epochs`` and
            ``minutes`` count from its first start.
        start : fitted model, or path of a saved one or of a run, optional
            The training starts from its last weights and their moving average, on the
            same or other images. The optimiser starts anew, and everything else depends
            on ``random_state``. The model must be of the same class, ``latent_dim``,
            ``likelihood``, network and preset, with images of the same size and mode;
            where these are None or "auto", those of ``start`` are used (the size and
            mode of arrays are their own). Weights of a `ConditionalGAN` that belong to
            a class are matched by its name, and drawn for a class that is new.
        tensorboard : bool, default=False
            Write the metrics of ``run`` or ``resume`` for TensorBoard too.
        privacy : DPSGD, optional
            Differentially private training, with the arguments of
            `latentia.privacy.DPSGD`, which also says what becomes of every look at the
            images. Scores are not computed and ``validation`` is refused; the result is
            the last averaged weights, and ``privacy_`` says what was spent, also by
            earlier fits of this model and by the weights of ``start``. Weights that
            were trained without privacy must be of public images.

        Returns
        -------
        self
            With the averaged weights of the best score.

        Raises
        ------
        ValueError, TypeError
            If an argument or an image is wrong, ``resume`` holds another training, or
            ``start`` a model whose weights do not fit; with ``privacy``, if an argument
            does not go with it, or the steps would cost more than its budget.
        TrainingDivergedError
            If gradients are not finite, even with an eighth of the learning rate.
        MemoryError
            If a step does not fit into memory.
        OSError
            If a folder cannot be read, the last checkpoint cannot be written, or
            another training writes into the folder.

        Warns
        -----
        FitInterruptedWarning
            Ctrl-C, SIGTERM or SIGHUP ended the training; its result so far is kept.
        UserWarning
            There are fewer than 500 images and no length was given, or ``privacy`` has
            a seed.
        """
        self.check_parameters()
        checked = check_private_fit(
            self, privacy, X, minutes=minutes, validation=validation
        )
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
            privacy=checked,
        )

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the model to a folder.

        ``best.safetensors`` is the model that samples; after a ``fit``,
        ``last.safetensors`` holds what ``fit(resume=)`` needs. Each is written whole or
        not at all; reading them cannot run code.

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
        """Write the network that generates images to an ONNX file.

        For programs that have neither latentia nor PyTorch. Inputs, for any n:
        ``z``, float32 (n, latent_dim), for GANs standard normal numbers; and for models
        with classes ``y``, int64 (n,), indices into ``classes_``. Output: ``images``,
        float32 (n, C, H, W) in 0..1. The file's metadata are the model's class,
        ``classes`` and ``image_shape`` (JSON), ``latent_dim``, the distribution of
        ``z``, and latentia's version. The mixture that draws the codes of a VAE or RAE
        is not in the file: ``sample_codes`` draws them.

        Parameters
        ----------
        path : path
            Its name ends in ``.onnx``.
        encoder : bool, default=False
            Write the encoder of a VAE or RAE instead, from ``images`` to ``z``, the
            codes that ``encode`` returns.
        overwrite : bool, default=False
            Replace a file of this name.

        Raises
        ------
        ValueError
            If the name has another ending, or the model has no encoder.
        FileExistsError
            If there is such a file, and ``overwrite`` is false.
        OSError
            If it cannot be written; an earlier file stays.
        ImportError
            If onnx or onnxscript is missing.
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
            The folder, of which the best checkpoint is read, or one of the files.
        device : str, default="auto"
            Where the model is to run.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is damaged, edited, or of another kind, class or version.
        """
        return model_folder.load(cls, Path(path), device)
