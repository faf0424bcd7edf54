"""The generation suite: our models against the classic PyTorch examples.

It needs torch, which nothing else here imports.
"""

from latentia.benchmarks.results import Results, Size
from latentia.benchmarks.runner import Progress

__all__ = ["run_generation"]


def run_generation(size: Size, *, progress: Progress) -> Results:
    """Run the suite: minutes at the small size, more than an hour at the full one.

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
            'the generation suite needs torch: pip install "latentia[generative]"'
        ) from error
    from latentia.benchmarks.generative.suite import run_generation_suite

    return run_generation_suite(size, progress=progress)
