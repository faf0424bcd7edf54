def supported_levels() -> list[str]:
    """Return the CPU levels that this machine runs, best first."""
