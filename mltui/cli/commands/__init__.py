"""One function a command: takes a call, answers with data and lines."""
