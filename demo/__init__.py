"""`make demo`: the main job, from an upload to predictions, in the local cloud.

It uses AWS's API as an operator would and nothing behind it; only the start of the
local cloud is local.
"""
