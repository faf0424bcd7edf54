"""How long a training lasts, and how large it is."""

import pytest

torch = pytest.importorskip("torch")

from latentia.generative.training.plan import Budget, Plan  # noqa: E402
from latentia.generative.training.presets import PRESETS, choose_preset  # noqa: E402


def plan(budget, n=50, batch_size=8):
    return Plan(budget, n, batch_size, 1e-3, 100.0, 0)


@pytest.mark.parametrize(
    ("epochs", "minutes", "expected"),
    [
        (None, None, Budget(None, None)),
        (3, None, Budget(3, None)),
        (None, 2, Budget(None, 2.0)),
        (None, 0.01, Budget(None, 0.01)),
    ],
)
def test_budget(epochs, minutes, expected):
    assert Budget.of(epochs, minutes) == expected


@pytest.mark.parametrize(
    ("epochs", "minutes", "error", "message"),
    [
        (1, 1, ValueError, "epochs or minutes, not both"),
        (0, None, ValueError, "epochs must be at least 1, got 0"),
        (2.0, None, TypeError, "epochs must be an integer, got 2.0"),
        (True, None, TypeError, "epochs must be an integer, got True"),
        (None, 0, ValueError, "minutes must be a number above 0, got 0"),
        (None, -1.5, ValueError, "minutes must be .* got -1.5"),
        (None, float("inf"), ValueError, "minutes must be .* got inf"),
        (None, float("nan"), ValueError, "minutes must be .* got nan"),
        (None, "3", TypeError, "minutes must be .* got '3'"),
        (None, True, TypeError, "minutes must be .* got True"),
    ],
)
def test_bad_budgets(epochs, minutes, error, message):
    with pytest.raises(error, match=message):
        Budget.of(epochs, minutes)


def test_progress_and_epochs_of_steps():
    by_epochs = plan(Budget(3, None))
    assert by_epochs.n_steps == 19  # 150 images in batches of 8
    assert by_epochs.progress(0, 1e9) == 0
    assert by_epochs.progress(19, 0) == by_epochs.progress(25, 0) == 1
    assert [by_epochs.epoch(step) for step in (0, 6, 7, 12, 13, 19)] == [
        *(0, 0, 1, 1, 2, 3)
    ]


def test_progress_by_the_clock():
    by_minutes = plan(Budget(None, 2.0))
    assert by_minutes.n_steps is None
    assert by_minutes.progress(10**6, 30.0) == 0.25
    assert by_minutes.progress(0, 121.0) == 1


@pytest.mark.parametrize(
    ("n", "n_steps"), [(10, 2000), (100, 2000), (1200, 3000), (60_000, 20_000)]
)
def test_without_a_length_the_number_of_images_decides(n, n_steps):
    default = plan(Budget.of(None, None), n)
    assert default.n_steps == n_steps
    assert default.progress(n_steps // 2, 1e9) == 0.5
    assert not default.gives_up(n_steps * 3 // 10, 0)
    assert default.gives_up(n_steps * 3 // 10 + 1, 0)
    assert not default.gives_up(n_steps, n_steps * 8 // 10)


def test_a_length_that_was_given_is_kept():
    for budget in (Budget(3, None), Budget(None, 2.0)):
        assert not plan(budget).gives_up(10**6, 0)


@pytest.mark.parametrize(
    ("preset", "device", "shape", "expected"),
    [
        ("auto", "cuda", (9, 3, 256, 256), "base"),
        ("auto", "cpu", (9, 1, 28, 28), "small"),
        ("auto", "cpu", (9, 4, 32, 32), "small"),
        ("auto", "cpu", (9, 1, 33, 32), "tiny"),
        ("tiny", "cuda", (9, 1, 8, 8), "tiny"),
    ],
)
def test_presets(preset, device, shape, expected):
    assert choose_preset(preset, torch.device(device), shape) == expected


def test_presets_grow():
    tiny, small, base = (PRESETS[name] for name in ("tiny", "small", "base"))
    assert tiny < small < base


def test_unknown_preset():
    with pytest.raises(ValueError, match="preset must be one of auto, tiny, small"):
        choose_preset("huge", torch.device("cpu"), (9, 1, 8, 8))
