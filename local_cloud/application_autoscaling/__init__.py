"""Application Auto Scaling for SageMaker's endpoint variants: it really scales them."""
