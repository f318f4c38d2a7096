"""A PyTorch network for rows of a table."""
