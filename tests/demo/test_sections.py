from collections.abc import Callable

import numpy as np
import pytest

from latentia.demo.data import DemoData
from latentia.demo.sections import SECTIONS
from latentia.demo.sections.photo import section_photo
from latentia.demo.sections.reconstruction import section_reconstruction
from latentia.demo.sections.timings import section_timings
from latentia.plots import Section, percent, png, times


@pytest.mark.parametrize("section", SECTIONS)
def test_works_on_tiny_data(
    section: Callable[[DemoData], Section], tiny_data: DemoData
) -> None:
    result = section(tiny_data)
    assert isinstance(result, Section)
    assert result.title
    assert result.prose
    assert result.pictures
    for picture in result.pictures:
        assert picture.caption
        assert png(picture.figure).startswith(b"\x89PNG")


def test_pictures_are_of_sane_size(tiny_data: DemoData) -> None:
    for section in SECTIONS:
        for picture in section(tiny_data).pictures:
            width, height = picture.figure.get_size_inches()
            assert 4 <= width <= 10
            assert 1 <= height <= 12


def test_no_two_pictures_share_a_name(tiny_data: DemoData) -> None:
    names = [p.name for section in SECTIONS for p in section(tiny_data).pictures]
    assert len(set(names)) == len(names)


def test_timings_name_the_machine_and_the_quality(tiny_data: DemoData) -> None:
    section = section_timings(tiny_data)
    assert any("core" in paragraph for paragraph in section.prose)
    for table in section.tables:
        assert [row[0] for row in table.rows] == ["latentia", "NumPy", "scikit-learn"]
        speed_up = table.columns.index("Speed-up")
        residual = table.columns.index("Residual")
        assert table.emphasised == "Speed-up"
        assert table.rows[2][speed_up] == times(1)
        # On so small a matrix all of them are exact.
        assert len({row[residual] for row in table.rows}) == 1


def test_photo_is_exact_at_full_rank(tiny_data: DemoData) -> None:
    (table,) = section_photo(tiny_data).tables
    error = table.columns.index("Relative error")
    assert [row[0] for row in table.rows] == ["5", "11"]
    assert float(table.rows[0][error].split()[0]) > 1
    assert table.rows[1][error] == percent(0)


def test_photo_channels_lie_side_by_side(tiny_data: DemoData) -> None:
    from latentia.demo.sections.photo import _as_photo, _channels_side_by_side

    photo = tiny_data.photo.astype(np.float32)
    matrix = _channels_side_by_side(photo)
    assert matrix.shape == (11, 27)
    np.testing.assert_array_equal(matrix[:, 9:18], photo[:, :, 1])
    np.testing.assert_array_equal(_as_photo(matrix, photo.shape), photo)


def test_reconstruction_gets_better_with_more_components(tiny_data: DemoData) -> None:
    for table in section_reconstruction(tiny_data).tables:
        kept = [float(row[1].split()[0]) for row in table.rows]
        assert kept == sorted(kept)
        assert kept[-1] == 100.0
