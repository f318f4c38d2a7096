from __future__ import annotations

import pytest

from shared.class_weights import MOST, balanced


def test_classes_of_the_same_size_count_1() -> None:
    assert balanced([7, 7, 7]) == pytest.approx((1, 1, 1))


def test_classes_count_alike_whatever_their_size() -> None:
    counts = [10, 40, 50]
    shares = [weight * count for weight, count in zip(balanced(counts), counts, strict=True)]
    assert shares == pytest.approx([100 / 3] * 3)


def test_a_rare_picture_does_not_count_more_than_ten_times_another() -> None:
    weights = balanced([1, 1_000_000])
    assert weights[0] / weights[1] == pytest.approx(MOST)
    assert weights[0] + 1_000_000 * weights[1] == pytest.approx(1_000_001)


def test_a_class_without_examples_breaks_nothing() -> None:
    assert balanced([0, 4])[1] == pytest.approx(1)
