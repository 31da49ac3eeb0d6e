"""What moves the traffic of an environment, and what is proven before it does."""
