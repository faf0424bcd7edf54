"""``python -m latentia``: the ``latentia`` command, for launchers such as torchrun."""

from latentia.cli import main

if __name__ == "__main__":
    main()
