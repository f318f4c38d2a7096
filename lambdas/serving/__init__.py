"""Batch serving: files under a prefix are answered by the champion, in runs of batch transform."""
