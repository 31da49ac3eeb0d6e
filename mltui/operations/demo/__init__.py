"""The demo: its project, its story, its waiting, its removal."""
