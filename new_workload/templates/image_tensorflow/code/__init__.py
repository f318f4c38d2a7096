"""A Keras network for pictures."""
