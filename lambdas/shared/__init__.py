"""What the functions of several words need; in every function's asset."""
