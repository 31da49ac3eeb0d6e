"""A version, and two of them: figures, groups, rows, pictures, changes, and what people write to them."""
