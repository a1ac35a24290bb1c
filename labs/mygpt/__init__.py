"""Your package: the labs ask you to write these modules, one definition at a time.

What you haven't written yet is borrowed from the reference whenever the course runs your code.
"""
