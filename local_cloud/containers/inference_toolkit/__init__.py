"""Stands for the parts of the package ``sagemaker_inference`` that a model's code may import.

AWS's PyTorch inference image holds the package; the stand-in's workers give these modules under
its name. Contract: https://github.com/aws/sagemaker-inference-toolkit.
"""
