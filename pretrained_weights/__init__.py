"""Puts pretrained weights where training jobs find them: they themselves reach no internet."""
