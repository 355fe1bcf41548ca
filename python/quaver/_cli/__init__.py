"""The commands behind `quaver.cli`, one module a group."""
