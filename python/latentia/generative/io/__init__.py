"""Models in files: saved, loaded, continued, started from, exported."""
