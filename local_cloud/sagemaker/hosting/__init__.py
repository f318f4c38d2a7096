"""Model servers of endpoints: real processes that answer HTTP on loopback."""
