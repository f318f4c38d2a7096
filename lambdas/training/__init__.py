"""What the training pipeline calls, and what makes room when its stack is deleted."""
