from dataclasses import replace

import numpy as np
import pytest

from latentia._number_format import percent, times
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.demo.sections.mixture import Generator, section_mixture
from latentia.demo.sections.photo import section_photo
from latentia.demo.sections.reconstruction import section_reconstruction
from latentia.demo.sections.timings import section_timings


def test_timings_name_the_machine_and_the_quality(tiny_data: DemoData) -> None:
    section = section_timings(tiny_data)
    assert any("core" in paragraph for paragraph in section.prose)
    for table in section.tables:
        assert [row[0] for row in table.rows] == ["latentia", "NumPy", "scikit-learn"]
        speed_up = table.columns.index("Speed-up")
        residual = table.columns.index("Relative residual")
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


def test_photo_is_smaller_as_a_file(tiny_data: DemoData) -> None:
    rows, columns = np.mgrid[:64, :96]
    smooth = np.stack([rows, columns, rows + columns], axis=2).astype(np.uint8)
    _, files = section_photo(replace(tiny_data, photo=smooth)).tables
    assert [row[0] for row in files.rows] == ["latentia", "JPEG", "PNG"]
    assert all(float(row[3].split()[0]) <= 5 for row in files.rows)
    assert float(files.rows[0][2].split()[0]) > 1


def test_photo_channels_lie_side_by_side(tiny_data: DemoData) -> None:
    from latentia.demo.sections.photo import as_photo, channels_side_by_side

    photo = tiny_data.photo.astype(np.float32)
    matrix = channels_side_by_side(photo)
    assert matrix.shape == (11, 27)
    np.testing.assert_array_equal(matrix[:, 9:18], photo[:, :, 1])
    np.testing.assert_array_equal(as_photo(matrix, photo.shape), photo)


def test_reconstruction_gets_better_with_more_components(tiny_data: DemoData) -> None:
    for table in section_reconstruction(tiny_data).tables:
        kept = [float(row[1].split()[0]) for row in table.rows]
        assert kept == sorted(kept)
        assert kept[-1] == 100.0


def test_mixture_draws_images_like_those_it_saw() -> None:
    rng = np.random.default_rng(0)
    shapes = np.zeros((2, 6, 5))
    shapes[0, 1:3], shapes[1, 4] = 0.8, 0.6
    labels = np.arange(200) % 2
    noise = rng.normal(0, 0.03, (200, 6, 5))
    images = (255 * np.clip(shapes[labels] + noise, 0, 1)).astype(np.uint8)
    generator = Generator.fit(Collection("bars", images, labels))
    sampled = generator.sample(300)
    assert sampled.shape == (300, 6, 5)
    assert sampled.min() >= 0
    assert sampled.max() <= 1
    distance = np.abs(sampled[:, np.newaxis] - shapes).mean(axis=(2, 3))
    assert distance.min(axis=1).max() < 0.1
    assert 100 < np.count_nonzero(distance[:, 0] < distance[:, 1]) < 200


def test_mixture_means_come_by_weight() -> None:
    images = np.random.default_rng(0).integers(0, 256, (90, 3, 4), dtype=np.uint8)
    means, weights = Generator.fit(
        Collection("specks", images, np.zeros(90, np.int64))
    ).means()
    assert means.shape == (len(weights), 3, 4)
    assert len(weights) > 1
    assert list(weights) == sorted(weights, reverse=True)
    assert weights.sum() == pytest.approx(1)


def test_mixture_tells_what_it_kept_and_took(tiny_data: DemoData) -> None:
    section = section_mixture(tiny_data)
    (table,) = section.tables
    assert [row[:2] for row in table.rows] == [
        ["9 specks", "4 of 9"],
        ["31 dots", "31 of 72"],
    ]
    assert section.facts[1].value == table.rows[-1][-1]
