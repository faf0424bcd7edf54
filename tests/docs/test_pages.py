"""The code of every page runs, in order, and its commands have the options shown."""

import re
import shlex

import click
import pytest
import typer

from latentia.cli import COMMANDS, app, main

from .conftest import PAGES, ROOT, blocks_of, commands_of

WITH_CODE = [
    page
    for page in PAGES
    if any(block.language == "python" for block in blocks_of(page))
]
WITH_SLOW_CODE = [
    page for page in PAGES if any(block.mark == "slow" for block in blocks_of(page))
]


def name_of(page):
    return str(page.relative_to(ROOT))


def arguments_of(command):
    """Return what follows ``latentia`` in a line of the shell; None without it."""
    words = shlex.split(command, comments=True)
    if "latentia" not in words:
        return None
    words = words[words.index("latentia") + 1 :]
    ends = [i for i, word in enumerate(words) if word in ("&&", "|", ">")]
    return words[: ends[0]] if ends else words


def run_command(command, monkeypatch):
    arguments = arguments_of(command)
    assert arguments is not None, f"{command} is not a command of latentia"
    monkeypatch.setattr("sys.argv", ["latentia", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code, command


def run_page(page, slow, monkeypatch):
    """Run the blocks of a page in one namespace, as a reader would."""
    namespace = {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.mark == "not run" or (block.mark == "slow" and not slow):
            continue
        if block.language == "python":
            # Empty lines before it give errors the line of the page.
            code = compile("\n" * block.line + block.text, name_of(page), "exec")
            try:
                exec(code, namespace)
            except ModuleNotFoundError as error:
                if (error.name or "").startswith("latentia"):
                    raise
                pytest.skip(str(error))
        elif block.language == "bash" and block.mark:
            for command in commands_of(block.text):
                run_command(command, monkeypatch)


@pytest.fixture(autouse=True)
def an_empty_folder(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("agg")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_code_runs(page, monkeypatch):
    run_page(page, False, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_SLOW_CODE, ids=name_of)
def test_all_code_runs(page, monkeypatch):
    run_page(page, True, monkeypatch)


def parse(arguments):
    """Read the arguments as the command would, and do nothing."""
    group = typer.main.get_command(app(arguments))
    name, *rest = arguments
    if name.startswith("-"):
        group.make_context("latentia", arguments, resilient_parsing=True)
    elif "--help" not in rest:
        group.commands[name].make_context(name, rest)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_have_the_options_that_are_shown(page):
    commands = [
        command
        for block in blocks_of(page)
        if block.language == "bash"
        for command in commands_of(block.text)
    ]
    for command in commands:
        arguments = arguments_of(command)
        if arguments:
            try:
                parse(arguments)
            except click.ClickException as error:
                raise AssertionError(f"{command}: {error.format_message()}") from error
    inline = re.findall(r"`latentia ([a-z-]+[^`\n…]*)`", page.read_text("utf-8"))
    for command in inline:
        name, *words = shlex.split(command)
        if name.startswith("-"):
            continue
        assert name in COMMANDS, f"latentia {command}"
        known = {
            option
            for parameter in typer.main.get_command(app([name])).commands[name].params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        options = {word for word in words if word.startswith("-")}
        assert options <= known | {"--help"}, f"latentia {command}"


def test_the_readme_is_short_and_has_its_two_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    for command in (
        'pip install ".[all]" && latentia demo',
        'pip install ".[all,test]" && pytest',
    ):
        assert any(line.startswith(command) for line in lines)
    unpublished = [line for line in lines if 'install "latentia' in line]
    assert not unpublished
