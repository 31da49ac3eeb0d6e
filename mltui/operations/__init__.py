"""One verb per file: the only door for the command line and the screens."""
