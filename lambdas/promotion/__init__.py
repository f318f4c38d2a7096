"""The very model package that proved itself in one environment comes to the next."""
