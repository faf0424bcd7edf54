from pathlib import Path

import pytest
from matplotlib.figure import Figure

from latentia.pages import (
    Document,
    Picture,
    Section,
    Table,
    refuse_to_overwrite,
    write_page,
)


def picture(name: str = "a-picture") -> Picture:
    return Picture(name, Figure(figsize=(1, 1)), caption="A caption.", alt="Nothing.")


def report(*names: str) -> Document:
    return Document("Title").add(Section("Section", pictures=[*map(picture, names)]))


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_writes_the_page_and_the_pictures(tmp_path: Path) -> None:
    page = write_page(report("a", "b-2"), tmp_path / "new" / "out")
    assert page == tmp_path / "new" / "out" / "report.html"
    assert everything_in(tmp_path) == {
        "new",
        "new/out",
        "new/out/report.html",
        "new/out/a.png",
        "new/out/b-2.png",
    }
    assert (page.parent / "a.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    page = write_page(report(), tmp_path)
    assert page.exists()


def test_does_not_overwrite_unless_forced(tmp_path: Path) -> None:
    mine = tmp_path / "report.html"
    mine.write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty"):
        write_page(report(), tmp_path)
    assert mine.read_text() == "mine"
    write_page(report(), tmp_path, force=True)
    assert "Title" in mine.read_text()


def test_force_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    write_page(report("a"), tmp_path, force=True)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert everything_in(tmp_path) == {"thesis.txt", "report.html", "a.png"}


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for force in (False, True):
        with pytest.raises(NotADirectoryError, match="is a file"):
            write_page(report(), file, force=force)
        with pytest.raises(NotADirectoryError, match="is a file"):
            refuse_to_overwrite(file, force=force)


@pytest.mark.parametrize("exists", [False, True])
def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
        (folder / "report.html").write_text("before")
    before = everything_in(tmp_path)

    def full_disk(path: Path, content: bytes) -> int:
        if path.name == "b.png":
            raise OSError(28, "No space left on device")
        return original(path, content)

    original = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_page(report("a", "b"), folder, force=True)
    assert everything_in(tmp_path) == before
    if exists:
        assert (folder / "report.html").read_text() == "before"


def test_picture_names_are_file_names() -> None:
    for name in ("", "../a", "a/b", "A", "a.png", "-a", "a b"):
        with pytest.raises(ValueError, match="lower-case letters"):
            picture(name)


def test_a_picture_needs_words() -> None:
    with pytest.raises(ValueError, match="alt of picture 'a' must not be empty"):
        Picture("a", Figure(), caption="", alt=" ")


def test_two_pictures_of_one_name() -> None:
    with pytest.raises(ValueError, match="two pictures of the document are named 'a'"):
        report("a").add(Section("Again", pictures=[picture("a")]))
    with pytest.raises(ValueError, match="two pictures of the document are named 'b'"):
        report("b", "b")


def test_tables_are_rectangular() -> None:
    with pytest.raises(ValueError, match="must have 2 entries, got 1"):
        Table("T", ["a", "b"], [["1", "2"], ["3"]])
    with pytest.raises(ValueError, match="emphasised must be one of"):
        Table("T", ["a", "b"], [], emphasised="c")


def test_a_page_that_grows_draws_each_picture_once(tmp_path: Path) -> None:
    drawn = {"a": b"\x89PNG\r\n\x1a\n" + bytes(12) + bytes(range(12))}
    first = drawn["a"]
    write_page(report("a"), tmp_path / "out", drawn=drawn)
    write_page(report("a", "b"), tmp_path / "out", force=True, drawn=drawn)
    assert drawn.keys() == {"a", "b"}
    assert (tmp_path / "out" / "a.png").read_bytes() == first
    assert (tmp_path / "out" / "b.png").read_bytes() == drawn["b"]
