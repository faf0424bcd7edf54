"""What the tests of image models share."""

import pytest


@pytest.fixture(autouse=True)
def one_thread():
    """The tests' networks are too small to be shared out."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def scored_by_epochs(monkeypatch):
    """Take scores at the ends of up to four epochs, however few steps they have."""
    pytest.importorskip("torch")
    from latentia.generative.training import decisions

    monkeypatch.setattr(decisions, "SCORES", 4)
