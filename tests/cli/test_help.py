"""Help texts: groups, examples that the commands take, and completion by a shell."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import latentia
from latentia._native import kernels
from latentia.cli import COMMANDS, COMPLETION, PANELS, app
from latentia.cli.examples import EXAMPLES, in_words


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


def test_every_command_is_in_one_group(run):
    assert sorted(n for names in PANELS.values() for n in names) == sorted(COMMANDS)
    _, text, _ = run("--help")
    places = [text.index(f" {panel} ") for panel in PANELS]
    assert places == sorted(places)
    assert "--install-completion" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_takes_its_examples(name):
    for _, example in EXAMPLES[name]:
        arguments = shlex.split(example)
        command = typer.main.get_command(app(arguments))
        context = command.make_context("latentia", [*arguments])
        called, function, rest = command.resolve_command(context, arguments)
        function.make_context(called, rest, parent=context)
        assert called == arguments[0]
    # A terminal of 80 columns breaks none of them.
    assert max(map(len, in_words(name).splitlines())) <= 78


def test_examples_are_at_the_end_of_the_help(run):
    _, text, _ = run("svd", "--help")
    assert text.index("--force") < text.index("Examples") < text.index("svd ratings")


@pytest.mark.parametrize(
    ("shell", "words", "expected"),
    [
        ("bash", ["latentia", "re"], {"recommend", "report"}),
        ("zsh", ["latentia", "svd", "--cen"], {"--center"}),
        ("bash", ["latentia", "svd", "a.npy", "--see"], {"--seed"}),
        ("zsh", ["latentia", "--ver"], {"--version"}),
    ],
)
def test_a_shell_completes(shell, words, expected):
    wanted = {"_TYPER_COMPLETE_ARGS": " ".join(words)}  # of zsh
    wanted |= {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", "from latentia.cli import main; main()"],
        env=os.environ | {COMPLETION: f"complete_{shell}"} | wanted,
        capture_output=True,
        text=True,
        check=False,
    )
    if shell == "bash":
        assert set(done.stdout.split()) == expected
    else:
        assert all(word in done.stdout for word in expected)


def test_info_as_json(run, monkeypatch):
    monkeypatch.setenv("LATENTIA_NUM_THREADS", "1")
    found = json.loads(run("info", "--json")[1])
    assert found["latentia"] == latentia.__version__
    assert found["CPU level"] == kernels.level in found["built levels"]
    assert found["environment"]["LATENTIA_NUM_THREADS"] == "1"
    assert {"numpy", "scipy", "scikit-learn"} <= found["libraries"].keys()
    _, shown, _ = run("info")
    assert f"{found['SIMD width']} bits" in shown
    assert f"numpy {found['libraries']['numpy']}" in " ".join(shown.split())


def test_the_bug_report_asks_for_it():
    folder = Path(__file__).parents[2] / ".github" / "ISSUE_TEMPLATE"
    if not folder.is_dir():
        pytest.skip("no checkout")
    text = (folder / "bug_report.yml").read_text("utf-8")
    assert "latentia info --json" in text
