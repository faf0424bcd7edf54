"""What a training tells, on a terminal and elsewhere."""

import io
import itertools

import pytest
from rich.console import Console

torch = pytest.importorskip("torch")

from latentia.generative.training import progress  # noqa: E402

ROW = {
    "step": 1200,
    "epoch": 3.0,
    "images": 76_800,
    "seconds": 60.0,
    "loss_discriminator": 0.69,
    "logit_gap": 0.25,
    "loss_generator": 0.71,
    "score": 12.5,
}


def console(*, terminal, width=100):
    return Console(
        file=io.StringIO(),
        force_terminal=terminal,
        width=width,
        color_system=None,
        markup=False,
    )


@pytest.mark.parametrize("width", [80, 100])
def test_losses_leave_room_for_the_times(width):
    screen = console(terminal=True, width=width)
    with progress.training_bar(1, "ConditionalGAN small", screen) as report:
        report(ROW, 0.25)
    shown = screen.file.getvalue()
    lines = [line for line in shown.splitlines() if "25%" in line]
    assert "0:00:00 left" in lines[-1]
    assert "images/s" in lines[-1]
    assert "ConditionalGAN small" in lines[-1]


def test_elsewhere_losses_are_lines(monkeypatch):
    clock = itertools.count(0, 6.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    page = console(terminal=False)
    with progress.training_bar(1, "VAE tiny", page) as report:
        for share in (0.1, 0.25):
            report(ROW, share)
    (line,) = page.file.getvalue().splitlines()
    assert line.startswith(
        "VAE tiny: step 1,200, 25 %, 0:01:00 spent, about 0:03:00 left, 1,280 images/s"
    )
    assert "loss_generator 0.71" in line
    assert line.endswith("score 12.5")


def test_silence_if_not_asked():
    page = console(terminal=False)
    with progress.training_bar(0, "VAE tiny", page) as report:
        report(ROW, 1.0)
    assert page.file.getvalue() == ""
