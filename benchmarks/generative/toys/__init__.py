"""Points in the plane: how many modes of a distribution a game finds."""
