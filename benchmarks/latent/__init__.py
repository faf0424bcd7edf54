"""The latent suite: what factorisations do inside of generators.

It needs torch, which nothing else here imports.
"""

from latentia.benchmarks.results import Results, Size
from latentia.benchmarks.runner import Progress

__all__ = ["run_latent"]


def run_latent(size: Size, *, progress: Progress) -> Results:
    """Run the suite: minutes at the small size, three quarters of an hour at the full.

    Parameters
    ----------
    size : {"small", "full"}
    progress : callable
        Called with a line of text as each step begins.

    Returns
    -------
    Results
        What needs data that are not on this machine is left out, with a note.

    Raises
    ------
    ImportError
        If torch or pillow is not installed.
    ValueError
        If ``size`` is another.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'the latent suite needs torch: pip install "latentia[generative]"'
        ) from error
    from latentia.benchmarks.latent.suite import run_latent_suite

    return run_latent_suite(size, progress=progress)
