"""Content-addressed blobs and trees of files.

`Store` opens it. A blob's name is the SHA-256 of its bytes, a tree's name that of its manifest, which is a blob itself;
so a digest that is on record says all of the content.
"""

from mltui.store.store import Store
from mltui.store.tree import Tree, TreeDifference, TreeEntry, differences

__all__ = ["Store", "Tree", "TreeDifference", "TreeEntry", "differences"]
