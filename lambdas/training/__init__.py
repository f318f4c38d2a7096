"""What the training pipeline calls, who is told of it, and what its stack's end needs."""
