"""Building blocks of the stacks: one file a concept, keyword-only typed arguments."""
