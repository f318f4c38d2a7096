"""What stands behind container images: programs that keep to the contract of the image."""
