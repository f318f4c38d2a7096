"""Tables in CSV: checked, split and described by `prepare`, asked by `xgboost_predictor`."""
