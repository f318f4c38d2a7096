"""Data that the demo uploads: made up by seeded programs, or shipped with a library."""
