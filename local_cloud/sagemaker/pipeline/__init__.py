"""The interpreter of SageMaker Pipelines: a definition in, steps run as a graph."""
