import pytest

from latentia.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process; return (exit code, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["latentia", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err

    return run
