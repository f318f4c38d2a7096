"""Commands for operators of a deployed environment: `python -m operate --help`."""
