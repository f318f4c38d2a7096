"""A PyTorch network for pictures."""
