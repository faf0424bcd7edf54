import pytest

from latentia._number_format import percent, rate, scientific, seconds, times

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (12.345, "12.35 s"),
        (1.0, "1.00 s"),
        (0.9994, "999 ms"),
        (0.087, "87 ms"),
        (0.00042, "0.42 ms"),
    ],
)
def test_seconds(number: float, text: str) -> None:
    assert seconds(number) == text.replace(" ", NO_BREAK_SPACE)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (3.21e-5, "3.2 × 10⁻⁵"),
        (9.99e-11, "1.0 × 10⁻¹⁰"),
        (1.0, "1.0 × 10⁰"),
        (1.5e12, "1.5 × 10¹²"),
    ],
)
def test_scientific(number: float, text: str) -> None:
    assert scientific(number) == text.replace(" ", NO_BREAK_SPACE)


@pytest.mark.parametrize(
    ("number", "text"),
    [(137_456.0, "140,000"), (99.9, "100"), (12.3, "12"), (1.04, "1"), (0.257, "0.26")],
)
def test_rate(number: float, text: str) -> None:
    assert rate(number) == text


def test_times_and_percent() -> None:
    assert times(6.25) == f"6.2{NO_BREAK_SPACE}×"
    assert percent(0.1234) == f"12.3{NO_BREAK_SPACE}%"
