"""From an upload to one frozen dataset version and one pipeline run."""
