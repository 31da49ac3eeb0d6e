"""The report of a version: what is gathered, what is drawn, what is written."""
