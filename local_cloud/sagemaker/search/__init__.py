"""SageMaker's Search: which resources there are, what their properties are, what a query says."""
