"""The command line: parser, output (all of stdout), diagnostics (all of stderr, exit codes)."""
