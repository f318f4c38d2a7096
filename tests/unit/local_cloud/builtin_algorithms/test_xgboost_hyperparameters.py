"""Hyperparameters of the built-in XGBoost, refused in the container's words."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.containers import xgboost_hyperparameters

GOOD = {"num_round": "10"}


def _faults(**given: str) -> list[str]:
    return xgboost_hyperparameters.parse({**GOOD, **given})[1]


def test_strings_become_the_numbers_and_lists_that_xgboost_takes() -> None:
    values, faults = xgboost_hyperparameters.parse(
        {
            "num_round": "10",
            "learning_rate": "0.3",
            "reg_lambda": "2",
            "objective": '"binary:logistic"',
            "eval_metric": "auc,error@0.7",
            "tree_method": "hist",
            "monotone_constraints": "(1, 0, -1)",
            "interaction_constraints": "[[1, 2], [3]]",
            "_tuning_objective_metric": "validation:auc",
        }
    )
    assert not faults
    assert values == {
        "num_round": 10,
        "eta": 0.3,
        "lambda": 2.0,
        "objective": "binary:logistic",
        "eval_metric": ["auc", "error@0.7"],
        "tree_method": "hist",
        "monotone_constraints": (1, 0, -1),
        "interaction_constraints": [[1, 2], [3]],
        "_tuning_objective_metric": "validation:auc",
    }


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("num_round", "0", "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ("eta", "1.5", "Hyperparameter eta: 1.5 is not in [0, 1]"),
        ("eta", "nan", "Hyperparameter eta: nan is not in [0, 1]"),
        ("subsample", "0", "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ("max_depth", "2.5", "Hyperparameter max_depth: could not parse value (caused by"),
        ("alpha", "much", "Hyperparameter alpha: could not parse value (caused by ValueError)"),
        ("booster", "tree", "Hyperparameter booster: tree is not in ['gbtree', 'gblinear',"),
        ("eval_metric", "auc,bleu", "Hyperparameter eval_metric: value ['auc', 'bleu'] not in"),
        ("eval_metric", "rmse@2", "Metric 'rmse@2' is not supported."),
        ("eval_metric", "error@x", "Threshold value 't' in 'error@t' expects float input."),
        ("eval_metric", "auc", "Metric 'auc' can only be applied for classification and ranking"),
        ("objective", "multi:softprob", "Require input for parameter 'num_class' for multi-"),
        ("monotone_constraints", "(2,)", "Hyperparameter monotone_constraints: value (2,) not in"),
        ("monotone_constraints", "(1,)", "monotone_constraints can be used only when the tree_"),
        ("monotone_constraints", "print(1)", "Hyperparameter monotone_constraints: could not"),
        ("updater", "prune,grow_colmaker,distcol", "Only one tree grow plugin can be selected."),
        ("_kfold", "5", "Hyperparameter _kfold: the local cloud's stand-in for XGBoost has no"),
        ("epochs", "5", "Extraneous hyperparameter found: epochs"),
    ],
)
def test_each_fault_has_the_containers_words(name: str, value: str, fault: str) -> None:
    found = _faults(**{name: value})
    assert any(one.startswith(fault) for one in found), found


def test_all_faults_are_found_at_once() -> None:
    given: dict[str, Any] = {"eta": "2", "gamma": "-1", "epochs": "5"}
    assert xgboost_hyperparameters.parse(given)[1] == [
        "Hyperparameter eta: 2.0 is not in [0, 1]",
        "Hyperparameter gamma: -1.0 is not in [0, +inf)",
        "Extraneous hyperparameter found: epochs",
        "Missing required hyperparameter: num_round",
    ]


def test_a_faulty_objective_is_blamed_once() -> None:
    assert len(_faults(objective="binary:logistics", eval_metric="auc")) == 1
