"""latentia."""
