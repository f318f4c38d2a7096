"""SageMaker Experiments: experiments, their trials, and the components that jobs become there."""
