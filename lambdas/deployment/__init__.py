"""From an approved model package to an endpoint that has proved itself, or back."""
