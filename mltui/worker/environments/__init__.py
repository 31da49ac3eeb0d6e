"""What answers in an environment: servers, gateway, weights, and the way there and back."""
