"""Scikit-learn on tables, in a container of our own: trains, serves, batch transforms.

The folder is the package and the image's build context at once. The image (Dockerfile) holds it
whole and needs nothing else to train and serve:

    train    reads /opt/ml/input/config/hyperparameters.json and the channels train, validation
             and schema (written by shared/tables/prepare.py), writes /opt/ml/model
    serve    answers GET /ping, POST /invocations and GET /execution-parameters on port 8080,
             several processes at once

Preparing and evaluating run in the same image, from the source archive, which brings `shared`,
`contracts` and this package for its `predictor`.

Models are kept by skops, never pickled: loading one runs no code from it. See model_files.
"""
