"""A Keras network for rows of a table."""
