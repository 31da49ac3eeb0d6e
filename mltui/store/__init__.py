"""Content-addressed blobs and trees of files."""
