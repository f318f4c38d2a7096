"""Scikit-learn on tables in a container of our own.

The folder is the package and the image's build context at once. `train` and `serve` need nothing
else; for preparing and evaluating the source archive brings `shared` and `contracts` into the
same image. model_code/iris_sklearn is the same with more checks and two estimators.
"""
