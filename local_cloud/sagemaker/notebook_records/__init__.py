"""Notebook instances and their lifecycle configurations, as records only.

They have AWS's states and can be described, listed, changed and deleted; no machine, no Jupyter
and no script is ever started. What would need one is refused.
"""
