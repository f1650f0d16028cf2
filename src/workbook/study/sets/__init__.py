"""The exercises, one module per notebook; each has ``EXERCISES``, a tuple of ``Exercise``."""
