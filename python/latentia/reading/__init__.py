"""Arrays and tables in files, for what needs them: row sources, data sets, the CLI."""
