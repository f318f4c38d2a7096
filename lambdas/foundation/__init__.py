"""What makes room when the foundation is deleted."""
